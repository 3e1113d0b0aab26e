// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package ideal

import (
	"net/http"
	"strconv"
	"strings"
	"sync"

	"tenancy.example.io/spaces/test/bench/load"
)

// The API that it serves.
const (
	group   = "ideal.bench.example.io"
	version = "v1alpha1"
)

// root is the path of the API.
const root = "/apis/" + group + "/" + version

const discovery = `{"kind":"APIResourceList","apiVersion":"v1","groupVersion":"` + group + "/" + version + `","resources":[]}`

// Path is that of a collection.
func Path(resource string) string { return root + "/" + resource }

// Answers are those to one request. Without a compressed one the plain one is for everybody.
type Answers struct {
	Plain, Compressed load.Answer
}

func (a Answers) to(r *http.Request) load.Answer {
	if a.Compressed.Encoding != "" && strings.Contains(r.Header.Get("Accept-Encoding"), a.Compressed.Encoding) {
		return a.Compressed
	}
	return a.Plain
}

// handler asks nobody who they are. It is safe for concurrent use.
type handler struct {
	lock     sync.RWMutex
	answers  map[string]Answers
	creators map[string]*creator
}

func newHandler() *handler {
	return &handler{answers: map[string]Answers{}, creators: map[string]*creator{}}
}

func (h *handler) learn(l lesson) error {
	h.lock.Lock()
	defer h.lock.Unlock()
	if l.Creation == nil {
		h.answers[l.Path] = l.Answers
		return nil
	}
	creator, err := newCreator(*l.Creation)
	h.creators[l.Path] = creator
	return err
}

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.lock.RLock()
	answers, found := h.answers[r.URL.Path]
	creator, creates := h.creators[r.URL.Path]
	h.lock.RUnlock()
	switch {
	case creates && r.Method == http.MethodPost:
		creator.ServeHTTP(w, r)
	case found:
		write(w, http.StatusOK, answers.to(r))
	case strings.TrimSuffix(r.URL.Path, "/") == root:
		write(w, http.StatusOK, load.Answer{Type: "application/json", Body: []byte(discovery)})
	default:
		http.NotFound(w, r)
	}
}

func write(w http.ResponseWriter, code int, answer load.Answer) {
	header := w.Header()
	header.Set("Content-Type", answer.Type)
	header.Set("Content-Length", strconv.Itoa(len(answer.Body)))
	if answer.Encoding != "" {
		header.Set("Content-Encoding", answer.Encoding)
	}
	w.WriteHeader(code)
	// Whoever does not want to know any more hangs up.
	_, _ = w.Write(answer.Body)
}
