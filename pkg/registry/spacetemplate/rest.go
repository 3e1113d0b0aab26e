// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spacetemplate

import (
	"context"

	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/pkg/registry/backing"
	innerdoor "tenancy.example.io/spaces/pkg/registry/door"
)

// REST serves templates. It is safe for concurrent use.
type REST struct {
	*genericregistry.Store
	door      door
	installed installed
}

var (
	_ rest.StandardStorage      = &REST{}
	_ rest.ShortNamesProvider   = &REST{}
	_ rest.TableConvertor       = &REST{}
	_ rest.SingularNameProvider = &REST{}
)

// Config is what a REST is made of; all of it is required.
type Config struct {
	Scheme   *runtime.Scheme
	Options  generic.RESTOptionsGetter
	Reviewer innerdoor.Reviewer
	Kinds    Kinds
}

// NewREST returns a REST that keeps templates in the storage that the options decorate.
func NewREST(config Config) (*REST, error) {
	store, err := backing.NewStore(Kind, strategy{backing.NewStrategy(config.Scheme)}, newTable(), config.Options)
	if err != nil {
		return nil, err
	}
	return &REST{Store: store, door: newDoor(config.Reviewer), installed: installed{config.Kinds}}, nil
}

// ShortNames implements rest.ShortNamesProvider.
func (r *REST) ShortNames() []string { return []string{"spt"} }

// Create implements rest.Creater.
func (r *REST) Create(ctx context.Context, object runtime.Object, validate rest.ValidateObjectFunc, options *metav1.CreateOptions) (runtime.Object, error) {
	return r.Store.Create(ctx, object, r.creation(validate), options)
}

// Update implements rest.Updater.
func (r *REST) Update(ctx context.Context, name string, info rest.UpdatedObjectInfo, create rest.ValidateObjectFunc,
	update rest.ValidateObjectUpdateFunc, forceAllowCreate bool, options *metav1.UpdateOptions) (runtime.Object, bool, error) {
	return r.Store.Update(ctx, name, info, r.creation(create),
		r.door.update(r.installed.update(innerdoor.OrAllUpdates(update))), forceAllowCreate, options)
}

// Delete implements rest.GracefulDeleter. The template is gone at once, unless somebody else has put a finalizer on what is
// behind it.
func (r *REST) Delete(ctx context.Context, name string, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions) (runtime.Object, bool, error) {
	out, _, err := r.Store.Delete(ctx, name, r.door.delete(innerdoor.OrAll(validate)), options)
	template, ok := out.(*spaces.SpaceTemplate)
	return out, ok && template.DeletionTimestamp == nil, err
}

// DeleteCollection implements rest.CollectionDeleter. It passes over what the caller may not delete.
func (r *REST) DeleteCollection(ctx context.Context, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions,
	list *metainternalversion.ListOptions) (runtime.Object, error) {
	ctx = namespacestore.WithFilter(ctx, r.door.deletable)
	return r.Store.DeleteCollection(ctx, r.door.delete(innerdoor.OrAll(validate)), options, list)
}

// creation lets a caller create a template of what the cluster has.
func (r *REST) creation(validate rest.ValidateObjectFunc) rest.ValidateObjectFunc {
	return r.door.create(r.installed.create(innerdoor.OrAll(validate)))
}
