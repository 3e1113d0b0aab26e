// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

// visitor asks for Spaces again and again, never asks twice because of an answer, and keeps count of what it is told.
type visitor struct {
	client *http.Client
	url    string
	// always are the Spaces that the visitor may see all the time.
	always sets.Set[string]
	// crashing allows answers to be cut off.
	crashing atomic.Bool

	lock    sync.Mutex
	answers map[string]int
	faults  []string
}

const (
	listEvery  = 50 * time.Millisecond
	watchEvery = time.Second
)

// startVisitor begins to ask as the user, until the test ends.
func startVisitor(t *testing.T, user cluster.Clients, always sets.Set[string]) *visitor {
	t.Helper()
	v := &visitor{
		client:  must(rest.HTTPClientFor(user.Config))(t),
		url:     user.Config.Host + "/apis/spaces.tenancy.example.io/v1alpha1/spaces",
		always:  always,
		answers: map[string]int{},
	}
	ctx, stop := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { wait.UntilWithContext(ctx, v.list, listEvery) })
	running.Go(func() { wait.UntilWithContext(ctx, v.watch, watchEvery-watchFor) })
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
	return v
}

// report tells what the visitor was answered since the last report.
func (v *visitor) report(t *testing.T, after string) {
	t.Helper()
	v.lock.Lock()
	defer v.lock.Unlock()
	t.Logf("%s: the client was answered %v", after, v.answers)
	for _, fault := range v.faults {
		t.Errorf("%s: %s", after, fault)
	}
	v.answers, v.faults = map[string]int{}, nil
}

func (v *visitor) count(answer string) {
	v.lock.Lock()
	defer v.lock.Unlock()
	v.answers[answer]++
}

func (v *visitor) fault(format string, args ...any) {
	v.lock.Lock()
	defer v.lock.Unlock()
	v.faults = append(v.faults, fmt.Sprintf(format, args...))
}

func (v *visitor) list(ctx context.Context) {
	response := v.get(ctx, "list", "")
	if response == nil {
		return
	}
	defer response.Body.Close()
	var list v1alpha1.SpaceList
	if err := json.NewDecoder(response.Body).Decode(&list); err != nil {
		v.cutOff(ctx, "list", err)
		return
	}
	v.compare("list", namesOf(list.Items))
}

// watchFor is how long each watch lasts.
const watchFor = 800 * time.Millisecond

func (v *visitor) watch(ctx context.Context) {
	timed, cancel := context.WithTimeout(ctx, watchFor)
	defer cancel()
	response := v.get(timed, "watch", "?watch=true")
	if response == nil {
		return
	}
	defer response.Body.Close()
	added := sets.New[string]()
	for decoder := json.NewDecoder(response.Body); ; {
		var event struct {
			Type   string
			Object v1alpha1.Space
		}
		err := decoder.Decode(&event)
		switch {
		case timed.Err() != nil:
			v.compare("watch", added)
			return
		case errors.Is(err, io.EOF):
			v.count("the watch ended")
			return
		case err != nil:
			v.cutOff(ctx, "watch", err)
			return
		case event.Type == "ERROR":
			v.fault("The watch sent an ERROR: %+v", event.Object)
		default:
			added.Insert(event.Object.Name)
		}
	}
}

// get returns the answer if it is 200, and counts it if not.
func (v *visitor) get(ctx context.Context, verb, query string) *http.Response {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, v.url+query, nil)
	if err != nil {
		v.fault("%v", err)
		return nil
	}
	request.Header.Set("Accept", "application/json")
	response, err := v.client.Do(request)
	if err != nil {
		v.cutOff(ctx, verb, err)
		return nil
	}
	if response.StatusCode == http.StatusOK {
		return response
	}
	defer response.Body.Close()
	body, _ := io.ReadAll(response.Body)
	v.refused(verb, response, string(body))
	return nil
}

const (
	refusedByUs    = "503 of our server, with Retry-After"
	refusedByProxy = "503 of the kube-apiserver itself"
)

// refused counts an answer that was not 200. The kube-apiserver speaks for itself, in plain text, when it cannot reach
// our server.
func (v *visitor) refused(verb string, response *http.Response, body string) {
	plain := strings.HasPrefix(response.Header.Get("Content-Type"), "text/plain")
	switch {
	case response.StatusCode == http.StatusServiceUnavailable && response.Header.Get("Retry-After") != "":
		v.count(refusedByUs)
	case response.StatusCode == http.StatusServiceUnavailable && plain:
		v.count(refusedByProxy)
	default:
		v.fault("The %s was answered %s %v: %s", verb, response.Status, response.Header, body)
	}
}

func (v *visitor) cutOff(ctx context.Context, verb string, err error) {
	switch {
	case ctx.Err() != nil:
	case verb == "watch" || v.crashing.Load():
		v.count("the " + verb + " was cut off")
	default:
		v.fault("The %s was cut off: %v", verb, err)
	}
}

func (v *visitor) compare(verb string, got sets.Set[string]) {
	if missing := v.always.Difference(got); len(missing) > 0 {
		v.fault("The %s did not have %v", verb, sets.List(missing))
		return
	}
	v.count(verb + " of all")
}
