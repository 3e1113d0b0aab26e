// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"cmp"
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

const spacesPath = "/apis/spaces.tenancy.example.io/v1alpha1/spaces"

// call is an HTTP request as it goes out, for what no client sends.
type call struct {
	method      string // GET, if it is empty
	path        string // what follows spacesPath, with the query; or the whole path, if it begins with /api
	contentType string // of the body: JSON, if it is empty
	accept      string
	encoding    string // Accept-Encoding
	body        string
}

type reply struct {
	code   int
	header http.Header
	body   string
}

// do sends the request.
func (c caller) do(t *testing.T, what call) reply {
	t.Helper()
	return c.send(t.Context(), t, what)
}

func (c caller) send(ctx context.Context, t *testing.T, what call) reply {
	t.Helper()
	path := what.path
	if !strings.HasPrefix(path, "/api") {
		path = spacesPath + path
	}
	request := must(http.NewRequestWithContext(ctx, cmp.Or(what.method, http.MethodGet), c.Config.Host+path, strings.NewReader(what.body)))(t)
	if what.body != "" {
		request.Header.Set("Content-Type", cmp.Or(what.contentType, runtime.ContentTypeJSON))
	}
	request.Header.Set("Accept", cmp.Or(what.accept, runtime.ContentTypeJSON))
	request.Header.Set("User-Agent", "verbs") // a browser or curl would get its JSON indented
	if what.encoding != "" {
		request.Header.Set("Accept-Encoding", what.encoding)
	}
	client := must(rest.HTTPClientFor(c.Config))(t)
	response, err := client.Do(request)
	check(t, err)
	defer response.Body.Close()
	body := must(io.ReadAll(response.Body))(t)
	return reply{code: response.StatusCode, header: response.Header, body: string(body)}
}

// into decodes the body, which is JSON.
func (r reply) into(t *testing.T, object any) {
	t.Helper()
	if err := json.Unmarshal([]byte(r.body), object); err != nil {
		t.Fatalf("%d: %v: %s", r.code, err, r.body)
	}
}

func (r reply) status(t *testing.T) metav1.Status {
	t.Helper()
	var status metav1.Status
	r.into(t, &status)
	return status
}

func (r reply) space(t *testing.T) *v1alpha1.Space {
	t.Helper()
	var space v1alpha1.Space
	r.into(t, &space)
	return &space
}

// refusal is what is expected of a request that is refused.
type refusal struct {
	code   int
	reason metav1.StatusReason
	// field is what the first cause is about, if anything.
	field string
	// message has words that the message must have.
	message []string
}

// refused checks that the reply is this refusal.
func (r reply) refused(t *testing.T, want refusal) {
	t.Helper()
	status := r.status(t)
	if r.code != want.code || status.Reason != want.reason || int(status.Code) != want.code {
		t.Errorf("want %d %s, have %d: %s", want.code, want.reason, r.code, r.body)
		return
	}
	contains(t, status.Message, want.message...)
	if want.field == "" {
		return
	}
	if status.Details == nil || len(status.Details.Causes) == 0 || status.Details.Causes[0].Field != want.field {
		t.Errorf("want a cause about %s, have %s", want.field, r.body)
	}
	contains(t, status.Message, want.field)
}

// members are those of an object that is JSON.
type members map[string]any

func (m members) String() string {
	text, err := json.Marshal(m)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// spaceFields is a Space with this metadata, besides its name, and this spec.
func spaceFields(name string, metadata, spec members) members {
	meta := members{"name": name}
	maps.Copy(meta, metadata)
	space := members{"apiVersion": v1alpha1.SchemeGroupVersion.String(), "kind": "Space", "metadata": meta}
	if spec != nil {
		space["spec"] = spec
	}
	return space
}

// way is one of the ways in which fields get into a Space.
type way struct {
	name string
	// creates says that the Space must not exist before.
	creates bool
	// dry says that it does not exist afterwards either.
	dry  bool
	call func(name string, space members) call
}

// ways are all of them.
var ways = []way{
	{name: "create", creates: true, call: func(_ string, space members) call {
		return call{method: http.MethodPost, body: space.String()}
	}},
	{name: "dry create", creates: true, dry: true, call: func(_ string, space members) call {
		return call{method: http.MethodPost, path: "?dryRun=All", body: space.String()}
	}},
	{name: "creating apply", creates: true, call: applied("?fieldManager=ways&force=true")},
	{name: "dry creating apply", creates: true, dry: true, call: applied("?fieldManager=ways&force=true&dryRun=All")},
	{name: "apply", call: applied("?fieldManager=ways&force=true")},
	{name: "PUT", call: func(name string, space members) call {
		return call{method: http.MethodPut, path: "/" + name, body: space.String()}
	}},
	{name: "merge patch", call: patched(types.MergePatchType)},
	{name: "strategic merge patch", call: patched(types.StrategicMergePatchType)},
	{name: "JSON patch", call: func(name string, space members) call {
		return call{method: http.MethodPatch, path: "/" + name, contentType: string(types.JSONPatchType), body: additions(space)}
	}},
}

func applied(query string) func(string, members) call {
	return func(name string, space members) call {
		return call{method: http.MethodPatch, path: "/" + name + query, contentType: string(types.ApplyYAMLPatchType), body: space.String()}
	}
}

func patched(by types.PatchType) func(string, members) call {
	return func(name string, space members) call {
		return call{method: http.MethodPatch, path: "/" + name, contentType: string(by), body: space.String()}
	}
}

// additions is a JSON patch that sets the fields.
func additions(space members) string {
	var patch []members
	for _, part := range []string{"metadata", "spec", "status"} {
		set, _ := space[part].(members)
		for key, value := range set {
			patch = append(patch, members{"op": "add", "path": "/" + part + "/" + key, "value": value})
		}
	}
	text, err := json.Marshal(patch)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
