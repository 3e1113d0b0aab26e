// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package ideal

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"tenancy.example.io/spaces/test/bench/bare"
	"tenancy.example.io/spaces/test/bench/load"
)

// Creation is what happens to an object that is posted: the Objects are made in a namespace of its name, and then the
// answer is always the same.
type Creation struct {
	Objects bare.Objects
	Answer  load.Answer
	// Creator is the user who must be let in before the answer is given. Without one, nothing is waited for.
	Creator string
	// Home is a namespace that the creator must see before anything is made. Without one, nothing is asked.
	Home string
	// Completes says that the namespace is written once more before the answer is given, while the creator is let in.
	Completes bool

	// Host is that of the kube-apiserver, and TLS how to reach it as somebody who may do everything.
	Host string
	TLS  rest.TLSClientConfig
}

// creator does it. It is safe for concurrent use.
type creator struct {
	Creation
	maker *bare.Maker
}

func newCreator(c Creation) (*creator, error) {
	maker, err := bare.NewMaker(&rest.Config{Host: c.Host, TLSClientConfig: c.TLS}, c.Objects)
	return &creator{c, maker}, err
}

// ServeHTTP implements http.Handler.
func (c *creator) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := c.create(r); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	write(w, http.StatusCreated, c.Answer)
}

func (c *creator) create(r *http.Request) error {
	var posted metav1.PartialObjectMetadata
	if err := json.NewDecoder(r.Body).Decode(&posted); err != nil {
		return fmt.Errorf("reading what is to be created: %w", err)
	}
	if c.Home != "" {
		if sees, err := c.maker.Sees(r.Context(), c.Creator, c.Home); err != nil || !sees {
			return fmt.Errorf("%q does not see %q: %w", c.Creator, c.Home, err)
		}
	}
	namespace, err := c.maker.Make(r.Context(), posted.Name)
	if err != nil {
		return err
	}
	return bare.Together(c.afterwards(r.Context(), namespace)...)
}

// afterwards returns what is done when the objects are made.
func (c *creator) afterwards(ctx context.Context, made *corev1.Namespace) (tasks []func() error) {
	if c.Creator != "" {
		tasks = append(tasks, func() error { return c.maker.Admitted(ctx, c.Creator, made.Name) })
	}
	if c.Completes {
		tasks = append(tasks, func() error { return c.maker.Complete(ctx, made) })
	}
	return tasks
}
