// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spacepolicy

import (
	"context"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// shelf has templates by name; those whose names it does not have may not be used.
type shelf map[string]*spaces.SpaceTemplate

func (s shelf) Template(name string) (*spaces.SpaceTemplate, error) {
	if found, ok := s[name]; ok && found != nil {
		return found, nil
	}
	return nil, apierrors.NewNotFound(spaces.Resource("spacetemplates"), name)
}

func (s shelf) MayUse(_ context.Context, name string) (bool, error) {
	_, ok := s[name]
	return ok, nil
}
