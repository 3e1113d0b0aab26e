// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package account

import (
	"cmp"
	"math/rand" //nolint:depguard // the fuzzer takes no other
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/randfill"

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

func accountNamed(name string) *spaces.Account {
	return &spaces.Account{ObjectMeta: metav1.ObjectMeta{Name: name}}
}

// homeOf returns the home of the account.
func homeOf(t *testing.T, account *spaces.Account) *corev1.Namespace {
	t.Helper()
	value, err := testMapping().Encode(account, nil)
	if err != nil {
		t.Fatal(err)
	}
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
		Name:              spaces.AccountHome(account.Name),
		UID:               "home",
		ResourceVersion:   "7",
		CreationTimestamp: noon,
		Labels:            map[string]string{"env": "prod"},
		Annotations:       map[string]string{spaces.AnnotationObject: value, "secret": "of the cluster"},
	}}
}

// complete fills subjects, which have their group when they have come through the API.
func complete(serializer.CodecFactory) []any {
	return []any{func(s *rbacv1.Subject, c randfill.Continue) {
		c.FillNoCustom(s)
		s.APIGroup = rbacv1.GroupName
	}}
}

func TestMappingRoundTrip(t *testing.T) {
	_, codecs := testScheme()
	random := fuzzer.FuzzerFor(fuzzer.MergeFuzzerFuncs(metafuzzer.Funcs, spacesfuzzer.Funcs, complete), rand.NewSource(1), codecs)
	for range 200 {
		account := &spaces.Account{}
		random.Fill(account)
		want := account.DeepCopy()
		home := homeOf(t, account)
		want.TypeMeta, want.ObjectMeta = metav1.TypeMeta{}, backing.Shown(home, account.Name, account.ObjectMeta)
		if diff := gocmp.Diff(want, testMapping().Decode(home), cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("account (-stored +shown):\n%s", diff)
		}
	}
}

// An account has labels and annotations of its own: those of its home are nobody's but the cluster's.
func TestMappingShowsTheHome(t *testing.T) {
	account := accountNamed("a")
	account.Labels, account.Annotations = map[string]string{"team": "red"}, map[string]string{"cost": "low"}
	got := testMapping().Decode(homeOf(t, account)).(*spaces.Account)
	want := metav1.ObjectMeta{
		Name: "a", UID: got.UID, ResourceVersion: "7", CreationTimestamp: noon,
		Labels: map[string]string{"team": "red"}, Annotations: map[string]string{"cost": "low"},
	}
	if diff := gocmp.Diff(want, got.ObjectMeta); diff != "" || got.UID == "home" {
		t.Errorf("UID %s, metadata (-want +got):\n%s", got.UID, diff)
	}
}

func TestMappingShowsWhatItCannotRead(t *testing.T) {
	for name, value := range map[string]string{
		"garbage":              "{",
		"nothing":              "",
		"another kind of ours": `{"kind":"Space","apiVersion":"spaces.tenancy.example.io/v1alpha1"}`,
		"another kind":         `{"kind":"Pod","apiVersion":"v1"}`,
	} {
		t.Run(name, func(t *testing.T) {
			home := homeOf(t, accountNamed("a"))
			home.Annotations[spaces.AnnotationObject] = value
			got := testMapping().Decode(home).(*spaces.Account)
			if got.Name != "a" || !backing.HasReason(got.Status.Conditions, backing.ReasonUndecodable) {
				t.Errorf("shown as %+v", got)
			}
		})
	}
}

func TestMappingShowsHomesOnly(t *testing.T) {
	object := map[string]string{spaces.AnnotationObject: "{"}
	for name, tc := range map[string]struct {
		namespace   string
		annotations map[string]string
		want        bool
	}{
		"a home":                         {"account-a", object, true},
		"no namespace of others":         {"account-a", map[string]string{"other": "{"}, false},
		"no Space":                       {"a", object, false},
		"nothing that is called alike":   {"accounts", object, false},
		"nothing of the platform itself": {spaces.SystemNamespace, object, false},
	} {
		t.Run(name, func(t *testing.T) {
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: tc.namespace, Annotations: tc.annotations}}
			if got := testMapping().Shows(namespace); got != tc.want {
				t.Errorf("shows it: %v, want %v", got, tc.want)
			}
		})
	}
}

// Lists and their continue tokens go by the order of keys in one place, and by that of names in another.
func TestMappingKeysSortAsNames(t *testing.T) {
	mapping := testMapping()
	accounts := []string{"", "-", "0", "a", "a\x00", "a-b", "aa", "account-a", "b", "z"}
	for _, a := range accounts {
		key, name := Kind.KeyPrefix()+a, spaces.AccountHome(a)
		if got := mapping.Name(key); got != name {
			t.Errorf("the name of %q is %q, want %q", key, got, name)
		}
		if got := mapping.Key(name); got != key {
			t.Errorf("the key of %q is %q, want %q", name, got, key)
		}
		for _, b := range accounts {
			other := Kind.KeyPrefix() + b
			if cmp.Compare(key, other) != cmp.Compare(name, mapping.Name(other)) {
				t.Errorf("%q and %q do not sort as their names", key, other)
			}
			if strings.HasPrefix(key, other) != strings.HasPrefix(name, mapping.Name(other)) {
				t.Errorf("%q does not begin with %q as their names do", key, other)
			}
		}
	}
	if got := mapping.Key(""); got != "/spaces.tenancy.example.io/accounts/" || mapping.Annotation() != spaces.AnnotationObject {
		t.Errorf("all keys begin with %q, and objects are in the annotation %q", got, mapping.Annotation())
	}
}

func TestAttributes(t *testing.T) {
	account := accountNamed("a")
	account.Labels = labels.Set{"team": "red"}
	gotLabels, gotFields, err := attributes(account)
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

func TestWhatIsNoAccountIsRefused(t *testing.T) {
	const want = "want an Account, have a *spaces.Space"
	_, _, selecting := attributes(&spaces.Space{})
	_, encoding := testMapping().Encode(&spaces.Space{}, nil)
	_, printing := newTable().ConvertToTable(t.Context(), &spaces.Space{}, nil)
	for name, err := range map[string]error{"select": selecting, "encode": encoding, "print": printing} {
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
	}
}
