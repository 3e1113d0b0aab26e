// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/metadata"
	"sigs.k8s.io/yaml"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

const (
	asTable       = "application/json;as=Table;g=meta.k8s.io;v=v1"
	asPartial     = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
	asPartialList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
	protobuf      = "application/vnd.kubernetes.protobuf"
)

// twoSpaces returns a caller and all that it has.
func twoSpaces(t *testing.T, prefix string) (alice caller, one, two *v1alpha1.Space) {
	t.Helper()
	alice = newCaller(t, prefix+"-alice", devs)
	one = alice.space(t, prefix+"-1", withTTL("2h"), withLabel("team", "red"))
	two = alice.space(t, prefix+"-2")
	return alice, one, two
}

func TestVerbsAsTables(t *testing.T) {
	t.Parallel()
	alice, one, _ := twoSpaces(t, "verbs-table")
	var got metav1.Table
	reply := alice.do(t, call{accept: asTable})
	reply.into(t, &got)
	if !strings.HasPrefix(reply.header.Get("Content-Type"), "application/json") || got.Kind != "Table" || got.APIVersion != "meta.k8s.io/v1" || got.ResourceVersion == "" {
		t.Errorf("%v %s", reply.header, reply.body)
	}
	type column struct {
		Name, Type string
		Priority   int32
	}
	var columns []column
	for _, definition := range got.ColumnDefinitions {
		if definition.Description == "" {
			t.Errorf("the column %s has no description", definition.Name)
		}
		columns = append(columns, column{definition.Name, definition.Type, definition.Priority})
	}
	want := []column{{"Name", "string", 0}, {"Account", "string", 0}, {"Phase", "string", 0}, {"Expires", "string", 0}, {"Age", "string", 0}, {"Owner", "string", 1}, {"TTL", "string", 1}}
	if diff := cmp.Diff(want, columns); diff != "" {
		t.Errorf("columns (-want +got):\n%s", diff)
	}
	if len(got.Rows) != 2 || got.Rows[0].Cells[0] != "verbs-table-1" || got.Rows[0].Cells[6] != "2h" || got.Rows[1].Cells[3] != "<never>" {
		t.Errorf("rows: %s", reply.body)
	}
	for query, want := range map[string]string{
		"":                       `"kind":"PartialObjectMetadata"`,
		"includeObject=Metadata": `"kind":"PartialObjectMetadata"`,
		"includeObject=Object":   `"kind":"Space"`,
		"includeObject=None":     `"object":null`,
	} {
		for _, path := range []string{"?fieldSelector=metadata.name%3Dverbs-table-1&" + query, "/verbs-table-1?" + query} {
			reply := alice.do(t, call{path: path, accept: asTable})
			if !strings.Contains(reply.body, want) || strings.Contains(reply.body, "verbs-table-2") || reply.code != http.StatusOK {
				t.Errorf("%s: want %s, have %d %s", path, want, reply.code, reply.body)
			}
			if hasUID := strings.Contains(reply.body, string(one.UID)); hasUID == strings.HasSuffix(path, "None") {
				t.Errorf("%s: %s", path, reply.body)
			}
		}
	}
	events := alice.do(t, call{path: "?watch=true&timeoutSeconds=1&resourceVersion=0", accept: asTable})
	if n := strings.Count(events.body, `"kind":"Table"`); n < 2 || strings.Count(events.body, `"columnDefinitions":[{`) != 1 {
		t.Errorf("as a watch, want tables of which the first has headers, have %s", events.body)
	}
	for accept, want := range map[string]refusal{
		"application/json;as=Table;g=meta.k8s.io;v=v9":    {code: http.StatusNotAcceptable, reason: metav1.StatusReasonNotAcceptable},
		"application/json;as=Sentence;g=meta.k8s.io;v=v1": {code: http.StatusNotAcceptable, reason: metav1.StatusReasonNotAcceptable},
	} {
		alice.do(t, call{accept: accept}).refused(t, want)
	}
}

func TestVerbsAsPartialMetadata(t *testing.T) {
	t.Parallel()
	alice, one, two := twoSpaces(t, "verbs-partial")
	resource := v1alpha1.SchemeGroupVersion.WithResource("spaces")
	// The client of the garbage collector: it asks for protobuf.
	client := must(metadata.NewForConfig(alice.Config))(t).Resource(resource)
	list := must(client.List(t.Context(), metav1.ListOptions{}))(t)
	if len(list.Items) != 2 || list.ResourceVersion == "" {
		t.Fatalf("LIST: %+v", list)
	}
	for i, space := range []*v1alpha1.Space{one, two} {
		if diff := cmp.Diff(space.ObjectMeta, list.Items[i].ObjectMeta); diff != "" {
			t.Errorf("metadata of a list (-want +got):\n%s", diff)
		}
		got := must(client.Get(t.Context(), space.Name, metav1.GetOptions{}))(t)
		if diff := cmp.Diff(space.ObjectMeta, got.ObjectMeta); diff != "" {
			t.Errorf("metadata (-want +got):\n%s", diff)
		}
	}
	for name, tc := range map[string]struct {
		call     call
		wantType string
		want     string
	}{
		"one":               {call{path: "/verbs-partial-1", accept: asPartial}, "application/json", `"kind":"PartialObjectMetadata"`},
		"a list":            {call{accept: asPartialList}, "application/json", `"kind":"PartialObjectMetadataList"`},
		"one, protobuf":     {call{path: "/verbs-partial-1", accept: protobuf + strings.TrimPrefix(asPartial, "application/json")}, protobuf, "k8s\x00"},
		"a list, protobuf":  {call{accept: protobuf + strings.TrimPrefix(asPartialList, "application/json")}, protobuf, "k8s\x00"},
		"either":            {call{path: "/verbs-partial-1", accept: protobuf + ";q=0.9," + asPartial}, "", `PartialObjectMetadata`},
		"a watch":           {call{path: "?watch=true&timeoutSeconds=1", accept: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"}, "application/json", `{"type":"ADDED","object":{"kind":"PartialObjectMetadata"`},
		"a watch, protobuf": {call{path: "?watch=true&timeoutSeconds=1", accept: protobuf + ";as=PartialObjectMetadata;g=meta.k8s.io;v=v1"}, protobuf, "verbs-partial-2"},
	} {
		got := alice.do(t, tc.call)
		if got.code != http.StatusOK || !strings.HasPrefix(got.header.Get("Content-Type"), tc.wantType) || !strings.Contains(got.body, tc.want) || strings.Contains(got.body, "createdBy") {
			t.Errorf("%s: %d %v %s", name, got.code, got.header, got.body)
		}
	}
}

func TestVerbsInFormats(t *testing.T) {
	t.Parallel()
	alice, one, _ := twoSpaces(t, "verbs-formats")
	one.SetGroupVersionKind(v1alpha1.SchemeGroupVersion.WithKind("Space"))
	inYAML := alice.do(t, call{path: "/verbs-formats-1", accept: "application/yaml"})
	read := &v1alpha1.Space{}
	check(t, yaml.UnmarshalStrict([]byte(inYAML.body), read))
	if diff := cmp.Diff(one, read); diff != "" || inYAML.header.Get("Content-Type") != "application/yaml" {
		t.Errorf("YAML, %s (-want +got):\n%s", inYAML.header.Get("Content-Type"), diff)
	}
	posted := alice.do(t, call{method: "POST", contentType: "application/yaml", body: spaceYAML("name: verbs-formats-3", "spec: {ttl: 3h}")})
	if posted.code != http.StatusCreated || ttl(posted.space(t)) != "3h" {
		t.Errorf("YAML sent: %d %s", posted.code, posted.body)
	}
	pretty := alice.do(t, call{path: "/verbs-formats-1?pretty=true"})
	if !strings.Contains(pretty.body, "\n  \"kind\": \"Space\",\n") {
		t.Errorf("pretty: %s", pretty.body)
	}
	// There is no protobuf of a Space; who can do with JSON gets that.
	for _, path := range []string{"", "/verbs-formats-1"} {
		if got := alice.do(t, call{path: path, accept: protobuf}); got.code != http.StatusNotAcceptable || !strings.Contains(got.body, "NotAcceptable") {
			t.Errorf("protobuf of %q: %d %s", path, got.code, got.body)
		}
	}
	alice.do(t, call{accept: "application/xml"}).refused(t, refusal{code: http.StatusNotAcceptable, reason: metav1.StatusReasonNotAcceptable, message: []string{"application/json"}})
	if got := alice.do(t, call{path: "/verbs-formats-1", accept: "*/*"}); got.code != http.StatusOK || got.space(t).UID != one.UID {
		t.Errorf("anything: %d %s", got.code, got.body)
	}
}

func TestVerbsCompressed(t *testing.T) {
	t.Parallel()
	alice := newCaller(t, "verbs-gzip-alice", devs)
	for _, name := range []string{"verbs-gzip-a", "verbs-gzip-b", "verbs-gzip-c"} {
		got := alice.do(t, call{method: "POST", body: spaceFields(name, members{"annotations": members{"a": strings.Repeat("x", 60_000)}}, nil).String()})
		if got.code != http.StatusCreated {
			t.Fatalf("%d %s", got.code, got.body)
		}
	}
	for name, tc := range map[string]call{
		"a list": {encoding: "gzip"}, "a table": {encoding: "gzip", accept: asTable, path: "?includeObject=Object"}, "metadata": {encoding: "gzip", accept: asPartialList},
	} {
		compressed := alice.do(t, tc)
		if compressed.header.Get("Content-Encoding") != "gzip" || len(compressed.body) > 20_000 {
			t.Errorf("%s: %v, %d bytes", name, compressed.header, len(compressed.body))
			continue
		}
		if tc.accept == "" {
			saysItsLength(t, compressed)
		}
		reader := must(gzip.NewReader(strings.NewReader(compressed.body)))(t)
		compressed.body = string(must(io.ReadAll(reader))(t))
		tc.encoding = "identity"
		plain := alice.do(t, tc)
		if tc.accept == "" {
			saysItsLength(t, plain)
		}
		if encoding := plain.header.Get("Content-Encoding"); encoding != "" {
			t.Errorf("%s, identity: it is %s", name, encoding)
		}
		if diff := cmp.Diff(itemsOf(t, plain), itemsOf(t, compressed)); diff != "" {
			t.Errorf("%s (-plain +gzip):\n%s", name, diff)
		}
	}
	small := alice.do(t, call{path: "?fieldSelector=metadata.name%3Dnone", encoding: "gzip"})
	if small.header.Get("Content-Encoding") != "" {
		t.Errorf("what is small: %v", small.header)
	}
}

// saysItsLength checks that the header tells how many bytes there are.
func saysItsLength(t *testing.T, got reply) {
	t.Helper()
	if said := got.header.Get("Content-Length"); said != strconv.Itoa(len(got.body)) {
		t.Errorf("an answer of %d bytes, encoded as %q, says that it has %q", len(got.body), got.header.Get("Content-Encoding"), said)
	}
}

// itemsOf returns the items of a list, or the objects of a table, whose cells tell the time.
func itemsOf(t *testing.T, list reply) []any {
	t.Helper()
	var got struct {
		Items []any
		Rows  []struct{ Object any }
	}
	list.into(t, &got)
	for _, row := range got.Rows {
		got.Items = append(got.Items, row.Object)
	}
	return got.Items
}
