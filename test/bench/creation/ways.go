// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package creation

import (
	"context"
	"encoding/json"

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
	return []way{
		{spacesWay, posting(spaces.RESTClient(), "/apis/"+v1alpha1.SchemeGroupVersion.String()+"/spaces")},
		{"the same objects, by an ideal backend that also asks whether its creator may", posting(spaces.RESTClient(), ideal.Path(asked))},
		{"the same objects, by an ideal backend that waits until the creator is let in", posting(spaces.RESTClient(), ideal.Path(usable))},
		{"the same objects, by an ideal backend", posting(spaces.RESTClient(), ideal.Path(plain))},
		{"the same objects, by a bare client", maker.Make},
	}, nil
}

// The collections of the ideal backend: of what it only makes, also waits for, and also asks about.
const (
	plain  = "plain"
	usable = "usable"
	asked  = "asked"
)

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
	if err := server.Create(plain, creation); err != nil {
		return err
	}
	creation.Creator = creator
	if err := server.Create(usable, creation); err != nil {
		return err
	}
	creation.Home = sample
	return server.Create(asked, creation)
}

// posting creates Spaces at the path.
func posting(client rest.Interface, path string) func(context.Context, string) error {
	return func(ctx context.Context, name string) error {
		return client.Post().AbsPath(path).Body(newSpace(name)).Do(ctx).Into(&v1alpha1.Space{})
	}
}
