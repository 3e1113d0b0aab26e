// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"context"

	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/apis/spaces/validation"
	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/pkg/registry/backing"
	innerdoor "tenancy.example.io/spaces/pkg/registry/door"
)

// REST serves Spaces. It is safe for concurrent use.
type REST struct {
	*genericregistry.Store
	strategy strategy
	door     door
	lister   *lister
}

var (
	_ rest.StandardStorage      = &REST{}
	_ rest.ShortNamesProvider   = &REST{}
	_ rest.TableConvertor       = &REST{}
	_ rest.SingularNameProvider = &REST{}
)

// Config is what a REST is made of; all of it is required.
type Config struct {
	Scheme     *runtime.Scheme
	Options    generic.RESTOptionsGetter
	Validation validation.Options
	Reviewer   innerdoor.Reviewer
	Clock      clock.PassiveClock
	// JSON encodes v1alpha1 as it is mostly asked for.
	JSON runtime.Encoder
}

// NewREST returns a REST that keeps Spaces in the storage that the options decorate.
func NewREST(config Config) (*REST, error) {
	strategy := newStrategy(config.Scheme, config.Validation, config.Clock)
	store, err := backing.NewStore(Kind, strategy, newTable(config.Clock), config.Options)
	if err != nil {
		return nil, err
	}
	return &REST{
		Store:    store,
		strategy: strategy,
		door:     newDoor(config.Reviewer),
		lister:   newLister(config.Scheme, config.JSON),
	}, nil
}

// ShortNames implements rest.ShortNamesProvider.
func (r *REST) ShortNames() []string { return []string{"sp"} }

// Create implements rest.Creater.
func (r *REST) Create(ctx context.Context, obj runtime.Object, validate rest.ValidateObjectFunc, options *metav1.CreateOptions) (runtime.Object, error) {
	return r.Store.Create(ctx, obj, r.door.create(innerdoor.OrAll(validate)), options)
}

// Update implements rest.Updater.
func (r *REST) Update(ctx context.Context, name string, info rest.UpdatedObjectInfo, create rest.ValidateObjectFunc,
	update rest.ValidateObjectUpdateFunc, forceAllowCreate bool, options *metav1.UpdateOptions) (runtime.Object, bool, error) {
	return r.Store.Update(ctx, name, info, r.door.create(innerdoor.OrAll(create)), r.door.update(innerdoor.OrAllUpdates(update)), forceAllowCreate, options)
}

// Delete implements rest.GracefulDeleter. It tells, as the deletion of a namespace does, that the Space is not gone at
// once.
func (r *REST) Delete(ctx context.Context, name string, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions) (runtime.Object, bool, error) {
	out, _, err := r.Store.Delete(ctx, name, r.door.delete(innerdoor.OrAll(validate)), options)
	return out, false, err
}

// DeleteCollection implements rest.CollectionDeleter. It passes over what the caller sees but may not delete.
func (r *REST) DeleteCollection(ctx context.Context, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions,
	list *metainternalversion.ListOptions) (runtime.Object, error) {
	ctx = namespacestore.WithFilter(ctx, r.door.deletable)
	return r.Store.DeleteCollection(ctx, r.door.delete(innerdoor.OrAll(validate)), options, list)
}
