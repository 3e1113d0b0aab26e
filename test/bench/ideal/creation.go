// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package ideal

import (
	"encoding/json"
	"fmt"
	"net/http"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"tenancy.example.io/spaces/test/bench/bare"
	"tenancy.example.io/spaces/test/bench/load"
)

// Creation is what happens to an object that is posted: the Objects are made in a namespace of its name, and then the
// answer is always the same.
type Creation struct {
	Objects bare.Objects
	// Creator is the user who must be let in before the answer is given. Without one, nothing is waited for.
	Creator string
	// Home is a namespace that the creator must see before anything is made. Without one, nothing is asked.
	Home string
	Answer  load.Answer

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
	if err := c.maker.Make(r.Context(), posted.Name); err != nil || c.Creator == "" {
		return err
	}
	return c.maker.Admitted(r.Context(), c.Creator, posted.Name)
}
