// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package creation

import (
	"context"
	"encoding/json"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	spacesclient "tenancy.example.io/spaces/pkg/generated/clientset/versioned/typed/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/bench/bare"
	"tenancy.example.io/spaces/test/bench/ideal"
	"tenancy.example.io/spaces/test/bench/load"
	"tenancy.example.io/spaces/test/controlplane"
)

// way is one way to make a Space. Each name is made once.
type way struct {
	name string
	make func(ctx context.Context, name string) error
}

const (
	account = "bench-creation"
	// sample is a Space from which the others know what a Space contains.
	sample = "made-sample"

	spacesWay = "Spaces"
)

// newWays makes what they need: an account, a user of it without further rights, and the sample. Ours is first, and the
// bare client last.
func newWays(ctx context.Context, plane *controlplane.ControlPlane, server *ideal.Server) ([]way, error) {
	if err := prepare(ctx, plane.AdminConfig()); err != nil {
		return nil, err
	}
	user, err := plane.UserConfig(creator, group)
	if err != nil {
		return nil, err
	}
	user.QPS = -1
	spaces, err := spacesclient.NewForConfig(user)
	if err != nil {
		return nil, err
	}
	made, err := spaces.Spaces().Create(ctx, newSpace(sample), metav1.CreateOptions{})
	if err != nil {
		return nil, err
	}
	objects, err := bare.Read(ctx, plane.AdminConfig(), sample)
	if err != nil {
		return nil, err
	}
	maker, err := bare.NewMaker(plane.AdminConfig(), objects)
	if err != nil {
		return nil, err
	}
	if err := teach(server, plane.AdminConfig(), objects, made); err != nil {
		return nil, err
	}
	direct := func(ctx context.Context, name string) error {
		_, err := maker.Make(ctx, name)
		return err
	}
	ways := []way{{spacesWay, posting(spaces.RESTClient(), "/apis/"+v1alpha1.SchemeGroupVersion.String()+"/spaces")}}
	for _, step := range steps {
		ways = append(ways, way{step.about, posting(spaces.RESTClient(), ideal.Path(step.resource))})
	}
	return append(ways, way{"the same objects, by a bare client", direct}), nil
}

// steps are what the ideal backend does for its collections: each what the next one does, and one thing besides.
var steps = []struct {
	resource, about string
	besides         func(*ideal.Creation)
}{
	{"complete", "… and writes that the namespace is complete", func(c *ideal.Creation) { c.Completes = true }},
	{"asked", "… and asks before whether its creator may", func(c *ideal.Creation) { c.Home = sample }},
	{"usable", "… that waits until the creator is let in", func(c *ideal.Creation) { c.Creator = creator }},
	{"plain", "the same objects, by an ideal backend", func(*ideal.Creation) {}},
}

// teach has the ideal backend make the objects for who posts a Space to it, and answer what ours has answered.
func teach(server *ideal.Server, admin *rest.Config, objects bare.Objects, made *v1alpha1.Space) error {
	body, err := json.Marshal(made)
	if err != nil {
		return err
	}
	creation := ideal.Creation{
		Objects: objects,
		Answer:  load.Answer{Type: "application/json", Body: body},
		Host:    admin.Host,
		TLS:     admin.TLSClientConfig,
	}
	for _, step := range slices.Backward(steps) {
		step.besides(&creation)
		if err := server.Create(step.resource, creation); err != nil {
			return err
		}
	}
	return nil
}

// posting creates Spaces at the path.
func posting(client rest.Interface, path string) func(context.Context, string) error {
	return func(ctx context.Context, name string) error {
		return client.Post().AbsPath(path).Body(newSpace(name)).Do(ctx).Into(&v1alpha1.Space{})
	}
}
