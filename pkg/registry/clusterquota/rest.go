// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package clusterquota

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metainternalversion "k8s.io/apimachinery/pkg/apis/meta/internalversion"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/apiserver/pkg/registry/generic"
	genericregistry "k8s.io/apiserver/pkg/registry/generic/registry"
	"k8s.io/apiserver/pkg/registry/rest"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/registry/backing"
	innerdoor "tenancy.example.io/spaces/pkg/registry/door"
)

// REST serves the ClusterQuota. It is safe for concurrent use.
type REST struct {
	store *genericregistry.Store
	door  innerdoor.Door
}

var (
	_ rest.Getter               = &REST{}
	_ rest.Lister               = &REST{}
	_ rest.Watcher              = &REST{}
	_ rest.Patcher              = &REST{}
	_ rest.Scoper               = &REST{}
	_ rest.Storage              = &REST{}
	_ rest.SingularNameProvider = &REST{}
)

// Config is what a REST is made of; all of it is required.
type Config struct {
	Scheme   *runtime.Scheme
	Options  generic.RESTOptionsGetter
	Reviewer innerdoor.Reviewer
	Self     innerdoor.SelfReviewer
}

// NewREST returns a REST that keeps the ClusterQuota in the storage that the options decorate.
func NewREST(config Config) (*REST, error) {
	store, err := backing.NewStore(Kind, strategy{backing.NewStrategy(config.Scheme)}, newTable(), config.Options)
	if err != nil {
		return nil, err
	}
	return &REST{store: store, door: innerdoor.Door{Reviewer: config.Reviewer, Resource: Kind.GroupResource(), Self: config.Self}}, nil
}

// New implements rest.Storage.
func (r *REST) New() runtime.Object { return r.store.New() }

// NewList implements rest.Lister.
func (r *REST) NewList() runtime.Object { return r.store.NewList() }

// Destroy implements rest.Storage.
func (r *REST) Destroy() { r.store.Destroy() }

// NamespaceScoped implements rest.Scoper.
func (r *REST) NamespaceScoped() bool { return false }

// GetSingularName implements rest.SingularNameProvider.
func (r *REST) GetSingularName() string { return r.store.GetSingularName() }

// Get implements rest.Getter.
func (r *REST) Get(ctx context.Context, name string, options *metav1.GetOptions) (runtime.Object, error) {
	return r.store.Get(ctx, name, options)
}

// List implements rest.Lister.
func (r *REST) List(ctx context.Context, options *metainternalversion.ListOptions) (runtime.Object, error) {
	return r.store.List(ctx, options)
}

// Watch implements rest.Watcher.
func (r *REST) Watch(ctx context.Context, options *metainternalversion.ListOptions) (watch.Interface, error) {
	return r.store.Watch(ctx, options)
}

// ConvertToTable implements rest.TableConvertor.
func (r *REST) ConvertToTable(ctx context.Context, object, options runtime.Object) (*metav1.Table, error) {
	return r.store.ConvertToTable(ctx, object, options)
}

// Update implements rest.Updater. It never creates.
func (r *REST) Update(ctx context.Context, name string, info rest.UpdatedObjectInfo, _ rest.ValidateObjectFunc,
	validate rest.ValidateObjectUpdateFunc, _ bool, options *metav1.UpdateOptions) (runtime.Object, bool, error) {
	never := func(context.Context, runtime.Object) error {
		return apierrors.NewNotFound(Kind.GroupResource(), name)
	}
	return r.store.Update(ctx, name, info, never, r.update(innerdoor.OrAllUpdates(validate)), false, options)
}

// update lets a caller change it, and then lets next decide.
func (r *REST) update(next rest.ValidateObjectUpdateFunc) rest.ValidateObjectUpdateFunc {
	return func(ctx context.Context, object, old runtime.Object) error {
		quota, ok := object.(*spaces.ClusterQuota)
		before, okBefore := old.(*spaces.ClusterQuota)
		if !ok || !okBefore {
			return apierrors.NewInternalError(errNotAClusterQuota(object))
		}
		const home = spaces.SystemNamespace
		if err := r.door.Require(ctx, before.Name, fmt.Sprintf("manage it, nor update the namespace %q", home),
			r.door.To(spaces.VerbManage, home, before.Name), innerdoor.ToNamespace("update", home)); err != nil {
			return err
		}
		if before.DeletionTimestamp != nil {
			return r.door.BeingDeleted(before.Name)
		}
		if err := r.door.Roles(ctx, before.Name, quota.Spec.Space, before.Spec.Space); err != nil {
			return err
		}
		return next(ctx, object, old)
	}
}
