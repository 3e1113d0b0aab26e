// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package backing

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/storage"
	"sigs.k8s.io/structured-merge-diff/v6/fieldpath"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// lenient is a RESTStrategy that changes nothing, and finds nothing wrong.
type lenient struct {
	Strategy
}

func (lenient) PrepareForCreate(context.Context, runtime.Object)                 {}
func (lenient) PrepareForUpdate(context.Context, runtime.Object, runtime.Object) {}
func (lenient) Validate(context.Context, runtime.Object) field.ErrorList         { return nil }
func (lenient) ValidateUpdate(context.Context, runtime.Object, runtime.Object) field.ErrorList {
	return nil
}

// backend is a storage that is asked for nothing.
type backend struct {
	storage.Interface
}

func accountKind() Kind {
	return Kind{
		Resource: "accounts",
		Singular: "account",
		New:      func() runtime.Object { return &spaces.Account{} },
		NewList:  func() runtime.Object { return &spaces.AccountList{} },
		Attributes: func(runtime.Object) (labels.Set, fields.Set, error) {
			return nil, nil, nil
		},
	}
}

func TestStoreKeepsObjectsInItsBackend(t *testing.T) {
	scheme, codecs := testScheme()
	behind, kind := &backend{}, accountKind()
	options := kind.RESTOptions(behind, codecs.LegacyCodec())
	store, err := NewStore(kind, lenient{NewStrategy(scheme)}, nameTable(), options)
	if err != nil {
		t.Fatal(err)
	}
	if store.Storage.Storage != behind {
		t.Errorf("objects are kept in %v", store.Storage.Storage)
	}
	key, err := store.KeyFunc(t.Context(), "a")
	if want := "/spaces.tenancy.example.io/accounts/a"; err != nil || key != want || kind.KeyPrefix()+"a" != want {
		t.Errorf("the key of a is %q (%v), and of the kind %q, want %q", key, err, kind.KeyPrefix()+"a", want)
	}
	if store.ShouldDeleteDuringUpdate(t.Context(), key, &spaces.Account{}, &spaces.Account{}) {
		t.Error("an update deletes")
	}
	if store.EnableGarbageCollection || !store.ReturnDeletedObject {
		t.Error("a deletion waits here for what depends on the object, or does not return it")
	}
	store.Destroy()
}

// options fail.
type options struct{}

func (options) GetRESTOptions(schema.GroupResource, runtime.Object) (generic.RESTOptions, error) {
	return generic.RESTOptions{}, errors.New("there are none")
}

func TestStoreTellsWhyItCannotServe(t *testing.T) {
	scheme, _ := testScheme()
	_, err := NewStore(accountKind(), lenient{NewStrategy(scheme)}, nameTable(), options{})
	if err == nil || err.Error() != "serve accounts: there are none" {
		t.Errorf("error: %v", err)
	}
}

func TestStrategyIsTheSameForAllKinds(t *testing.T) {
	scheme, _ := testScheme()
	s := lenient{NewStrategy(scheme)}
	type facts struct{ namespaced, createdByUpdate, unconditional bool }
	got := facts{s.NamespaceScoped(), s.AllowCreateOnUpdate(t.Context()), s.AllowUnconditionalUpdate(t.Context())}
	if diff := cmp.Diff(facts{unconditional: true}, got, cmp.AllowUnexported(facts{})); diff != "" {
		t.Errorf("strategy (-want +got):\n%s", diff)
	}
	if warnings := append(s.WarningsOnCreate(t.Context(), nil), s.WarningsOnUpdate(t.Context(), nil, nil)...); len(warnings) > 0 {
		t.Errorf("it warns of %v", warnings)
	}
	account := accountNamed("a")
	if s.Canonicalize(account); !cmp.Equal(accountNamed("a"), account) {
		t.Errorf("it makes %v of it", account)
	}
}

// Who sends a status, by whichever version, does not become its owner.
func TestStrategyResetsTheStatus(t *testing.T) {
	scheme, _ := testScheme()
	reset := NewStrategy(scheme).GetResetFields()
	fields := reset["spaces.tenancy.example.io/v1alpha1"]
	if len(reset) != 1 || fields == nil || !fields.Equals(fieldpath.NewSet(fieldpath.MakePathOrDie("status"))) {
		t.Errorf("reset are %v", reset)
	}
}
