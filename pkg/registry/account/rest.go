// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package account

import (
	"context"

	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/generic"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"

	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/pkg/registry/backing"
	innerdoor "tenancy.example.io/spaces/pkg/registry/door"
)

// Charged are the Spaces that are charged to accounts.
type Charged interface {
	// Count returns how many there are of the account, those included that are being deleted.
	Count(account string) int
	// Condemn has the Spaces of the account go with it: from when it is being deleted on they are deleted, and it is gone
	// when they are. It may be called again. Errors are those of the kube-apiserver.
	Condemn(ctx context.Context, account string) error
}

// REST serves accounts. It is safe for concurrent use.
type REST struct {
	*genericregistry.Store
	door    door
	charged Charged
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
	Self     innerdoor.SelfReviewer
	Charged  Charged
}

// NewREST returns a REST that keeps accounts in the storage that the options decorate.
func NewREST(config Config) (*REST, error) {
	store, err := backing.NewStore(Kind, strategy{backing.NewStrategy(config.Scheme)}, newTable(), config.Options)
	if err != nil {
		return nil, err
	}
	return &REST{Store: store, door: newDoor(config), charged: config.Charged}, nil
}

// ShortNames implements rest.ShortNamesProvider.
func (r *REST) ShortNames() []string { return []string{"acc"} }

// Create implements rest.Creater.
func (r *REST) Create(ctx context.Context, object runtime.Object, validate rest.ValidateObjectFunc, options *metav1.CreateOptions) (runtime.Object, error) {
	return r.Store.Create(ctx, object, r.door.create(innerdoor.OrAll(validate)), options)
}

// Update implements rest.Updater.
func (r *REST) Update(ctx context.Context, name string, info rest.UpdatedObjectInfo, create rest.ValidateObjectFunc,
	update rest.ValidateObjectUpdateFunc, forceAllowCreate bool, options *metav1.UpdateOptions) (runtime.Object, bool, error) {
	return r.Store.Update(ctx, name, info, r.door.create(innerdoor.OrAll(create)),
		r.door.update(innerdoor.OrAllUpdates(update)), forceAllowCreate, options)
}

// Delete implements rest.GracefulDeleter. It tells, as the deletion of a namespace does, that the account is not gone at
// once.
func (r *REST) Delete(ctx context.Context, name string, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions) (runtime.Object, bool, error) {
	out, _, err := r.Store.Delete(ctx, name, r.deletion(validate, options), options)
	return out, false, err
}

// DeleteCollection implements rest.CollectionDeleter. It passes over what the caller sees but may not delete.
func (r *REST) DeleteCollection(ctx context.Context, validate rest.ValidateObjectFunc, options *metav1.DeleteOptions,
	list *metainternalversion.ListOptions) (runtime.Object, error) {
	ctx = namespacestore.WithFilter(ctx, r.door.deletable)
	return r.Store.DeleteCollection(ctx, r.deletion(validate, options), options, list)
}

// deletion lets a caller delete an account, and what is charged to it goes with it if the caller says so.
func (r *REST) deletion(validate rest.ValidateObjectFunc, options *metav1.DeleteOptions) rest.ValidateObjectFunc {
	return r.door.delete(r.unused(innerdoor.OrAll(validate), options))
}
