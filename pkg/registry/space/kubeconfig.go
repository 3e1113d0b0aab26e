// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package space

import (
	"context"
	"fmt"
	"net/url"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/utils/clock"
	"k8s.io/utils/ptr"

	"tenancy.example.io/spaces/pkg/apis/spaces"
	innerdoor "tenancy.example.io/spaces/pkg/registry/door"
)

// The validity of the credentials in a kubeconfig, in seconds.
const (
	// defaultValidity is that of one for which nobody says more.
	defaultValidity = int64(time.Hour / time.Second)
	// minValidity is the shortest that Kubernetes has for tokens, and maxValidity the longest that it may be asked for.
	minValidity = int64(10 * time.Minute / time.Second)
	maxValidity = int64(1 << 32)
)

// Issuer makes kubeconfigs.
type Issuer interface {
	// Kubeconfig returns one for the ServiceAccount of the Space, as YAML, and until when it is valid. An empty server stands for the one that the platform itself uses.
	Kubeconfig(ctx context.Context, space *spaces.Space, server string, seconds int64) (kubeconfig string, expires metav1.Time, err error)
}

// KubeconfigREST serves the subresource kubeconfig of Spaces. It is safe for concurrent use.
type KubeconfigREST struct {
	spaces rest.Getter
	door   door
	issuer Issuer
	clock  clock.PassiveClock
}

var (
	_ rest.Storage      = &KubeconfigREST{}
	_ rest.Scoper       = &KubeconfigREST{}
	_ rest.NamedCreater = &KubeconfigREST{}
)

// NewKubeconfigREST returns a KubeconfigREST for the Spaces of the REST.
func NewKubeconfigREST(spaces *REST, issuer Issuer, now clock.PassiveClock) *KubeconfigREST {
	return &KubeconfigREST{spaces: spaces, door: spaces.door, issuer: issuer, clock: now}
}

// New implements rest.Storage.
func (*KubeconfigREST) New() runtime.Object { return &spaces.KubeconfigRequest{} }

// Destroy implements rest.Storage.
func (*KubeconfigREST) Destroy() {}

// NamespaceScoped implements rest.Scoper.
func (*KubeconfigREST) NamespaceScoped() bool { return false }

// Create implements rest.NamedCreater.
func (r *KubeconfigREST) Create(ctx context.Context, name string, object runtime.Object, validate rest.ValidateObjectFunc, options *metav1.CreateOptions) (runtime.Object, error) {
	request, ok := object.(*spaces.KubeconfigRequest)
	if !ok {
		return nil, apierrors.NewInternalError(fmt.Errorf("want a KubeconfigRequest, have a %T", object))
	}
	space, err := r.space(ctx, name)
	if err != nil {
		return nil, err
	}
	if err := r.allow(ctx, space, request); err != nil {
		return nil, err
	}
	if err := innerdoor.OrAll(validate)(ctx, request); err != nil {
		return nil, err
	}
	answer := request.DeepCopy()
	answer.Name = name
	if options != nil && len(options.DryRun) > 0 {
		return answer, nil
	}
	answer.Status.Kubeconfig, answer.Status.ExpirationTimestamp, err = r.issuer.Kubeconfig(ctx, space, request.Spec.Server, r.validity(space, request))
	return answer, err
}

func (r *KubeconfigREST) space(ctx context.Context, name string) (*spaces.Space, error) {
	object, err := r.spaces.Get(ctx, name, &metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	space, ok := object.(*spaces.Space)
	if !ok {
		return nil, errNotASpace(object)
	}
	return space, nil
}

// allow lets a caller have a kubeconfig for the Space.
func (r *KubeconfigREST) allow(ctx context.Context, space *spaces.Space, request *spaces.KubeconfigRequest) error {
	if err := r.door.Require(ctx, space.Name, fmt.Sprintf("create tokens of ServiceAccounts in the namespace %q", space.Name), toCreateTokens(space.Name)); err != nil {
		return err
	}
	if err := r.door.changeable(space); err != nil {
		return err
	}
	if errs := validateKubeconfigRequest(space.Name, request); len(errs) > 0 {
		return apierrors.NewInvalid(spaces.Kind("KubeconfigRequest"), space.Name, errs)
	}
	return nil
}

func toCreateTokens(namespace string) authorizationv1.ResourceAttributes {
	return authorizationv1.ResourceAttributes{
		Verb: "create", Version: "v1", Resource: "serviceaccounts", Subresource: "token",
		Namespace: namespace, Name: spaces.KubeconfigServiceAccount,
	}
}

func validateKubeconfigRequest(name string, request *spaces.KubeconfigRequest) field.ErrorList {
	var errs field.ErrorList
	if request.Name != "" && request.Name != name {
		errs = append(errs, field.Invalid(field.NewPath("metadata", "name"), request.Name, fmt.Sprintf("must be the name of the Space, %q, or empty", name)))
	}
	path := field.NewPath("spec")
	if seconds := ptr.Deref(request.Spec.ExpirationSeconds, defaultValidity); seconds < minValidity || seconds > maxValidity {
		errs = append(errs, field.Invalid(path.Child("expirationSeconds"), seconds, fmt.Sprintf("must be between %d (ten minutes) and %d", minValidity, maxValidity)))
	}
	if server := request.Spec.Server; server != "" {
		if parsed, err := url.Parse(server); err != nil || parsed.Scheme != "https" || parsed.Host == "" || parsed.User != nil {
			errs = append(errs, field.Invalid(path.Child("server"), server, "must be the URL of a Kubernetes API, such as \"https://kubernetes.example.com:6443\""))
		}
	}
	return errs
}

// validity returns for how many seconds the credentials are valid: no longer than the Space lives. A token cannot have
// less than minValidity; one of a Space that ends before is worth nothing from then on, as its ServiceAccount goes too.
func (r *KubeconfigREST) validity(space *spaces.Space, request *spaces.KubeconfigRequest) int64 {
	seconds := ptr.Deref(request.Spec.ExpirationSeconds, defaultValidity)
	if space.Status.ExpiresAt != nil {
		left := int64(space.Status.ExpiresAt.Sub(r.clock.Now()) / time.Second)
		seconds = max(minValidity, min(seconds, left))
	}
	return seconds
}
