// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package population

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	spacesclient "tenancy.example.io/spaces/pkg/generated/clientset/versioned"
)

// owners is how many people make all the Spaces.
const owners = 50

// creators is a group that may create Spaces in the control plane of the tests.
const creators = "devs"

// owner makes Spaces of their own.
type owner struct {
	spaces spacesclient.Interface
}

func newOwners(admin *rest.Config) ([]owner, error) {
	var all []owner
	for i := range owners {
		config := rest.CopyConfig(admin)
		config.Impersonate = rest.ImpersonationConfig{UserName: fmt.Sprintf("owner-%d", i), Groups: []string{creators}}
		client, err := spacesclient.NewForConfig(config)
		if err != nil {
			return nil, fmt.Errorf("preparing to make Spaces: %w", err)
		}
		all = append(all, owner{client})
	}
	return all, nil
}

// create makes a Space that looks like others: two of three expire some day, and some have a label.
func (o owner) create(ctx context.Context, name string, place int) error {
	space := &v1alpha1.Space{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if place%3 > 0 {
		ttl := v1alpha1.Duration(fmt.Sprintf("%dh", 1000+place))
		space.Spec.TTL = &ttl
	}
	if place%2 == 0 {
		space.Labels = map[string]string{"team": fmt.Sprintf("team-%d", place%owners)}
	}
	_, err := o.spaces.SpacesV1alpha1().Spaces().Create(ctx, space, metav1.CreateOptions{FieldManager: "bench"})
	return err
}
