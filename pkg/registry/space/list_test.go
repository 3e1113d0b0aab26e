// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"math/rand" //nolint:depguard // the fuzzer takes no other
	"net/http"
	"slices"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/apitesting/fuzzer"
	metafuzzer "k8s.io/apimachinery/pkg/apis/meta/fuzzer"
	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/utils/clock"
	testingclock "k8s.io/utils/clock/testing"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	spacesfuzzer "tenancy.example.io/spaces/pkg/apis/spaces/fuzzer"
	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/pkg/namespacestore"
)

// everything is an Access by which everybody sees all.
type everything struct{}

func (everything) Sees(user.Info, string) bool           { return true }
func (everything) Namespaces(user.Info) ([]string, bool) { return nil, true }
func (everything) Identities(user.Info) []any            { return nil }
func (everything) Viewers(string) iter.Seq[any]          { return func(func(any) bool) {} }

// nothing is an AccessChange that concerns nobody.
type nothing struct{}

func (nothing) Namespaces(user.Info) ([]string, bool) { return nil, false }
func (nothing) Viewers() iter.Seq[any]                { return func(func(any) bool) {} }
func (nothing) Concerns(string) bool                  { return false }

// encoderOf returns an encoder of v1alpha1 to the media type.
func encoderOf(mediaType string, pretty bool) runtime.Encoder {
	_, codecs := testScheme()
	info, _ := runtime.SerializerInfoForMediaType(codecs.SupportedMediaTypes(), mediaType)
	if pretty {
		return codecs.EncoderForVersion(info.PrettySerializer, v1alpha1.SchemeGroupVersion)
	}
	return codecs.EncoderForVersion(info.Serializer, v1alpha1.SchemeGroupVersion)
}

// restOf returns a REST whose Spaces are these namespaces, and the Feed that it follows.
func restOf(tb testing.TB, access namespacestore.Access, namespaces ...*corev1.Namespace) (*REST, *namespacestore.Feed) {
	tb.Helper()
	scheme, codecs := testScheme()
	mapping := testMapping()
	feed := namespacestore.NewFeed(namespacestore.FeedConfig{Mapping: mapping, History: 10, Clock: clock.RealClock{}})
	feed.SetAccess(access, nothing{})
	rows := make([]any, 0, len(namespaces))
	for _, ns := range namespaces {
		rows = append(rows, ns)
	}
	if err := feed.Replace(rows, strconv.Itoa(len(rows)+1)); err != nil {
		tb.Fatal(err)
	}
	store := namespacestore.New(namespacestore.Config{
		Resource: Kind.GroupResource(), New: func() runtime.Object { return &spaces.Space{} }, Mapping: mapping, Feed: feed,
	})
	rest, err := NewREST(Config{
		Scheme:  scheme,
		Options: Kind.RESTOptions(store, codecs.LegacyCodec(v1alpha1.SchemeGroupVersion)),
		Clock:   testingclock.NewFakePassiveClock(noon),
		JSON:    encoderOf(runtime.ContentTypeJSON, false),
	})
	if err != nil {
		tb.Fatal(err)
	}
	return rest, feed
}

// randomNamespaces returns namespaces behind random Spaces, some of which have been made by other means.
func randomNamespaces(t *testing.T, seed int64, n int) []*corev1.Namespace {
	t.Helper()
	_, codecs := testScheme()
	random := fuzzer.FuzzerFor(fuzzer.MergeFuzzerFuncs(metafuzzer.Funcs, spacesfuzzer.Funcs), rand.NewSource(seed), codecs)
	namespaces := make([]*corev1.Namespace, 0, n)
	for at := range n {
		space := &spaces.Space{}
		random.Fill(space)
		ns := namespaceOf(t, testMapping(), space, map[string]string{"odd": "<b>&\u2028\"" + strconv.Itoa(at), "even": ""})
		if at%5 == 0 {
			delete(ns.Annotations, spaces.AnnotationObject)
		}
		if at%7 == 0 {
			ns.DeletionTimestamp = at0
		}
		ns.Name, ns.ResourceVersion, ns.CreationTimestamp = fmt.Sprintf("space-%04d", at), strconv.Itoa(1+at), *at0
		namespaces = append(namespaces, ns)
	}
	return namespaces
}

var at0 = &metav1.Time{Time: noon}

func asAlice(ctx context.Context) context.Context {
	return request.WithUser(ctx, &user.DefaultInfo{Name: "alice"})
}

func listOf(ctx context.Context, tb testing.TB, rest *REST, options *metainternalversion.ListOptions) *list {
	tb.Helper()
	if replyOf(ctx) == nil {
		ctx = WithReply(ctx, http.Header{}, false)
	}
	object, err := rest.List(asAlice(ctx), options)
	if err != nil {
		tb.Fatal(err)
	}
	listed, ok := object.(*list)
	if !ok {
		tb.Fatalf("listed a %T", object)
	}
	return listed
}

func encoded(tb testing.TB, encoder runtime.Encoder, object runtime.Object) string {
	tb.Helper()
	var out bytes.Buffer
	if err := encoder.Encode(object, &out); err != nil {
		tb.Fatal(err)
	}
	return out.String()
}

// TestListIsEncodedAsTheLibraryDoes holds what a list is encoded to, by parts that were encoded before, against what the
// library's encoder makes of the same objects, and has every list encoded twice.
func TestListIsEncodedAsTheLibraryDoes(t *testing.T) {
	odd := labels.SelectorFromSet(labels.Set{"no": "such"})
	for name, tc := range map[string]struct {
		namespaces int
		options    metainternalversion.ListOptions
		mediaType  string
		pretty     bool
	}{
		"one Space":                        {namespaces: 1},
		"many Spaces":                      {namespaces: 300},
		"no Spaces":                        {},
		"none that a selector selects":     {namespaces: 10, options: metainternalversion.ListOptions{LabelSelector: odd}},
		"a page with a token for the rest": {namespaces: 30, options: metainternalversion.ListOptions{Limit: 10}},
		"a page that has everything":       {namespaces: 10, options: metainternalversion.ListOptions{Limit: 10}},
		"JSON that is indented":            {namespaces: 10, pretty: true},
		"YAML":                             {namespaces: 10, mediaType: runtime.ContentTypeYAML},
		"YAML of no Spaces":                {mediaType: runtime.ContentTypeYAML},
	} {
		t.Run(name, func(t *testing.T) {
			rest, _ := restOf(t, everything{}, randomNamespaces(t, int64(tc.namespaces), tc.namespaces)...)
			if tc.mediaType == "" {
				tc.mediaType = runtime.ContentTypeJSON
			}
			encoder := encoderOf(tc.mediaType, tc.pretty)
			for range 2 {
				listed := listOf(t.Context(), t, rest, &tc.options)
				if tc.options.Limit > 0 && int64(tc.namespaces) > tc.options.Limit && (listed.Continue == "" || listed.RemainingItemCount == nil) {
					t.Error("the page does not say that there are more")
				}
				want := encoded(t, encoder, listed.GetObject())
				if diff := cmp.Diff(want, encoded(t, encoder, listed)); diff != "" {
					t.Fatalf("encoded (-library +list):\n%.2000s", diff)
				}
			}
		})
	}
}

func TestListEncodesNewRowsAnew(t *testing.T) {
	namespaces := randomNamespaces(t, 1, 3)
	rest, feed := restOf(t, everything{}, namespaces...)
	encoder := encoderOf(runtime.ContentTypeJSON, false)
	before := encoded(t, encoder, listOf(t.Context(), t, rest, nil))
	changed := namespaces[1].DeepCopy()
	changed.Labels, changed.ResourceVersion = map[string]string{"new": ""}, "100"
	if err := feed.Update(changed); err != nil {
		t.Fatal(err)
	}
	listed := listOf(t.Context(), t, rest, nil)
	after := encoded(t, encoder, listed)
	if diff := cmp.Diff(encoded(t, encoder, listed.GetObject()), after); diff != "" || before == after {
		t.Errorf("encoded (-library +list):\n%s", diff)
	}
}

func TestListIsShownAsATable(t *testing.T) {
	rest, _ := restOf(t, everything{}, randomNamespaces(t, 1, 3)...)
	listed := listOf(t.Context(), t, rest, &metainternalversion.ListOptions{Limit: 2})
	want, err := rest.ConvertToTable(t.Context(), listed.GetObject(), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := rest.ConvertToTable(t.Context(), listed.GetObject(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got.Rows) != 2 || got.Continue == "" {
		t.Errorf("the table has %d rows (-want +got):\n%s", len(got.Rows), diff)
	}
}

func TestListGivesCopiesAway(t *testing.T) {
	rest, _ := restOf(t, everything{}, randomNamespaces(t, 1, 1)...)
	listed := listOf(t.Context(), t, rest, nil)
	for _, object := range []runtime.Object{listed.GetObject(), listed.DeepCopyObject()} {
		object.(*spaces.SpaceList).Items[0].Name = "changed"
	}
	if name := listed.GetObject().(*spaces.SpaceList).Items[0].Name; name == "changed" {
		t.Error("the list has changed")
	}
}

// TestItemsAreWrittenInChunks: the first write must not be empty, nor so short that k8s.io/apiserver would wait for more.
func TestItemsAreWrittenInChunks(t *testing.T) {
	for name, sizes := range map[string][]int{
		"none": nil, "a small one": {10}, "many small ones": slices.Repeat([]int{1000}, 300), "a huge one": {3 * chunkSize},
		"huge ones": {chunkSize, chunkSize + 1, 2 * chunkSize},
	} {
		var all items
		for _, size := range sizes {
			all = append(all, bytes.Repeat([]byte("x"), size))
		}
		var out writes
		if err := all.write(&out, []byte("head:")); err != nil {
			t.Fatal(err)
		}
		if want := "head:" + string(bytes.Join(all, comma)) + string(end); out.String() != want {
			t.Errorf("%s: wrote %d bytes, want these %d", name, out.Len(), len(want))
		}
		if slices.Min(out.lengths) == 0 || len(out.lengths) > 1+2*len(sizes) {
			t.Errorf("%s: the writes are %v", name, out.lengths)
		}
	}
}
