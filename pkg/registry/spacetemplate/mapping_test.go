// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spacetemplate

import (
	"cmp"
	"math/rand" //nolint:depguard // the fuzzer takes no other
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	spacesfuzzer "tenancy.example.io/spaces/pkg/apis/spaces/fuzzer"
	"tenancy.example.io/spaces/pkg/apis/spaces/install"
	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/pkg/registry/backing"
)

var noon = metav1.NewTime(time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC))

func testScheme() (*runtime.Scheme, serializer.CodecFactory) {
	scheme := runtime.NewScheme()
	install.Install(scheme)
	return scheme, serializer.NewCodecFactory(scheme)
}

func testMapping() Mapping {
	_, codecs := testScheme()
	return NewMapping(codecs.LegacyCodec(v1alpha1.SchemeGroupVersion))
}

// templateNamed returns a template with these objects, which are JSON.
func templateNamed(name string, objects ...string) *spaces.SpaceTemplate {
	template := &spaces.SpaceTemplate{ObjectMeta: metav1.ObjectMeta{Name: name}}
	for _, object := range objects {
		template.Spec.Objects = append(template.Spec.Objects, runtime.RawExtension{Raw: []byte(object)})
	}
	return template
}

// bare returns what is behind a template of that name, without one in it.
func bare(name string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name: "template-" + name, UID: "1", ResourceVersion: "7", CreationTimestamp: noon, Labels: Labels(),
	}}
}

// behind returns what is behind the template.
func behind(t *testing.T, template *spaces.SpaceTemplate) *corev1.Namespace {
	t.Helper()
	value, err := testMapping().Encode(template, nil)
	if err != nil {
		t.Fatal(err)
	}
	namespace := bare(template.Name)
	namespace.Annotations = map[string]string{spaces.AnnotationObject: value}
	return namespace
}

func TestMappingRoundTrip(t *testing.T) {
	_, codecs := testScheme()
	random := fuzzer.FuzzerFor(fuzzer.MergeFuzzerFuncs(metafuzzer.Funcs, spacesfuzzer.Funcs), rand.NewSource(1), codecs)
	for range 200 {
		template := &spaces.SpaceTemplate{}
		random.Fill(template)
		template.Name = "a"
		normalize(template)
		want := template.DeepCopy()
		namespace := behind(t, template)
		want.TypeMeta, want.ObjectMeta = metav1.TypeMeta{}, backing.Shown(namespace, "a", template.ObjectMeta)
		if diff := gocmp.Diff(want, testMapping().Decode(namespace), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("template (-stored +shown):\n%s", diff)
		}
	}
}

func TestMappingShowsWhatHasTheLabels(t *testing.T) {
	for name, tc := range map[string]struct {
		name   string
		labels map[string]string
		want   bool
	}{
		"a template":                  {name: "template-a", labels: Labels(), want: true},
		"one with more labels":        {name: "template-a", labels: labels.Merge(Labels(), labels.Set{"a": "b"}), want: true},
		"another name":                {name: "a", labels: Labels()},
		"without labels":              {name: "template-a"},
		"what somebody else manages":  {name: "template-a", labels: map[string]string{spaces.LabelTemplate: "true"}},
		"what is managed, but is not": {name: "template-a", labels: map[string]string{spaces.LabelManagedBy: spaces.ManagedBy}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := testMapping().Shows(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: tc.name, Labels: tc.labels}}); got != tc.want {
				t.Errorf("shown: %v, want %v", got, tc.want)
			}
		})
	}
}

func TestMappingShowsWhatItCannotRead(t *testing.T) {
	for name, annotations := range map[string]map[string]string{
		"garbage":              {spaces.AnnotationObject: "{"},
		"an empty text":        {spaces.AnnotationObject: ""},
		"nothing":              nil,
		"another kind of ours": {spaces.AnnotationObject: `{"kind":"Space","apiVersion":"spaces.tenancy.example.io/v1alpha1"}`},
		"another kind":         {spaces.AnnotationObject: `{"kind":"Pod","apiVersion":"v1"}`},
	} {
		t.Run(name, func(t *testing.T) {
			namespace := bare("a")
			namespace.Annotations = annotations
			got := testMapping().Decode(namespace).(*spaces.SpaceTemplate)
			if got.Name != "a" || got.ResourceVersion != "7" || !backing.HasReason(got.Status.Conditions, backing.ReasonUndecodable) {
				t.Errorf("shown as %+v", got)
			}
		})
	}
}

// Lists and their continue tokens go by the order of keys in one place, and by that of names in another.
func TestMappingKeysSortAsNames(t *testing.T) {
	mapping := testMapping()
	keys := []string{"", "-", "0", "a", "a\x00", "a-2", "template-", "template-a", "z"}
	for _, one := range keys {
		key, name := Kind.KeyPrefix()+one, mapping.Name(Kind.KeyPrefix()+one)
		if got := mapping.Key(name); got != key || name != "template-"+one {
			t.Errorf("the name of %q is %q, and the key of that %q", key, name, got)
		}
		for _, other := range keys {
			other = Kind.KeyPrefix() + other
			if cmp.Compare(key, other) != cmp.Compare(name, mapping.Name(other)) {
				t.Errorf("%q and %q do not sort as their names", key, other)
			}
		}
	}
	if got := mapping.Key(""); got != "/spaces.tenancy.example.io/spacetemplates/" || mapping.Annotation() != spaces.AnnotationObject {
		t.Errorf("all keys begin with %q, and objects are in the annotation %q", got, mapping.Annotation())
	}
}

func TestAttributes(t *testing.T) {
	template := templateNamed("a")
	template.Labels = labels.Set{"team": "red"}
	gotLabels, gotFields, err := attributes(template)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(labels.Set{"team": "red"}, gotLabels); diff != "" {
		t.Errorf("labels (-want +got):\n%s", diff)
	}
	if diff := gocmp.Diff(fields.Set{"metadata.name": "a"}, gotFields); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

func TestWhatIsNoTemplateIsRefused(t *testing.T) {
	const want = "want a SpaceTemplate, have a *spaces.Space"
	_, _, selecting := attributes(&spaces.Space{})
	_, encoding := testMapping().Encode(&spaces.Space{}, nil)
	_, printing := newTable().ConvertToTable(t.Context(), &spaces.Space{}, nil)
	for name, err := range map[string]error{"select": selecting, "encode": encoding, "print": printing} {
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}

func TestTable(t *testing.T) {
	full := templateNamed("a", "{}", "{}")
	full.Spec.Reapply = true
	full.Spec.Parameters = []spaces.TemplateParameter{{Name: "image"}, {Name: "replicas"}}
	for name, tc := range map[string]struct {
		template *spaces.SpaceTemplate
		want     []any
	}{
		"one that says something": {template: full, want: []any{"a", "image,replicas", int64(2), true, "<unknown>"}},
		"one that says nothing":   {template: templateNamed("b"), want: []any{"b", "<none>", int64(0), false, "<unknown>"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := newTable().ConvertToTable(t.Context(), tc.template, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(tc.want, got.Rows[0].Cells); diff != "" || len(got.ColumnDefinitions) != len(tc.want) {
				t.Errorf("%d columns; cells (-want +got):\n%s", len(got.ColumnDefinitions), diff)
			}
		})
	}
}
