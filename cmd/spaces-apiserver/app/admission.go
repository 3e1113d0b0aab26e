// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"slices"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/policy/mutating"
	"k8s.io/apiserver/pkg/admission/plugin/policy/validating"
	genericapiserver "k8s.io/apiserver/pkg/server"
	genericoptions "k8s.io/apiserver/pkg/server/options"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/informers"
	coreinformers "k8s.io/client-go/informers/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/klog/v2"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/access"
	"tenancy.example.io/spaces/pkg/admission/spacepolicy"
	"tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/apiserver"
)

// initializeAdmission has the admission plugins work by the policies, and by the kube-apiserver as far as it can.
func (o *Options) initializeAdmission(policies *apiserver.Policies) {
	o.Recommended.ExtraAdmissionInitializers = func(c *genericapiserver.RecommendedConfig) ([]admission.PluginInitializer, error) {
		if err := slimInformers(c); err != nil {
			return nil, err
		}
		client, err := kubernetes.NewForConfig(o.clientOf(c.ClientConfig))
		if err != nil {
			return nil, fmt.Errorf("make client for admission: %w", err)
		}
		reviewer := access.NewReviewer(client.AuthorizationV1())
		own := spacepolicy.Initializer{
			Policies: policies, Accounts: policies.Chooser(reviewer), Templates: policies.Shelf(reviewer), Budgets: policies, Clock: clock.RealClock{},
		}
		return []admission.PluginInitializer{own}, disableUnserved(o.Recommended.Admission, c.ClientConfig)
	}
}

// slimInformers has the admission plugins' informers keep no more than the plugins read. They would follow all namespaces,
// to know the one that an object is in; Spaces are in none.
func slimInformers(config *genericapiserver.RecommendedConfig) error {
	client, err := kubernetes.NewForConfig(config.ClientConfig)
	if err != nil {
		return fmt.Errorf("make client for admission: %w", err)
	}
	config.SharedInformerFactory = informers.NewSharedInformerFactoryWithOptions(client, 0, informers.WithTransform(slim))
	// The first to ask for an informer of a kind decides which one it is.
	config.SharedInformerFactory.InformerFor(&corev1.Namespace{}, ownNamespace)
	return nil
}

// ownNamespace returns an informer of the server's own namespace.
func ownNamespace(client kubernetes.Interface, resync time.Duration) cache.SharedIndexInformer {
	return coreinformers.NewFilteredNamespaceInformer(client, resync, cache.Indexers{}, func(options *metav1.ListOptions) {
		options.FieldSelector = fields.OneTermEqualSelector(metav1.ObjectNameField, spaces.SystemNamespace).String()
	})
}

func slim(obj any) (any, error) {
	if object, ok := obj.(metav1.Object); ok {
		object.SetManagedFields(nil)
	}
	return obj, nil
}

// policyPlugins are the admission plugins that work by policies in the cluster, and the resource of those.
var policyPlugins = map[string]string{
	mutating.PluginName:   "mutatingadmissionpolicies",
	validating.PluginName: "validatingadmissionpolicies",
}

// disableUnserved disables the plugins whose policies the kube-apiserver does not serve, as an older one does not: they
// would wait for them, and the server would never be ready.
func disableUnserved(options *genericoptions.AdmissionOptions, client *rest.Config) error {
	discoverer, err := discovery.NewDiscoveryClientForConfig(client)
	if err != nil {
		return fmt.Errorf("make discovery client: %w", err)
	}
	version := admissionregistrationv1.SchemeGroupVersion.String()
	served, err := discoverer.ServerResourcesForGroupVersion(version)
	if apierrors.IsNotFound(err) {
		served = &metav1.APIResourceList{}
	} else if err != nil {
		return fmt.Errorf("discover the policies of %s: %w", version, err)
	}
	for plugin, resource := range policyPlugins {
		if !serves(served, resource) {
			klog.Background().Info("Disabled an admission plugin, since the cluster does not serve its policies", "plugin", plugin, "resource", resource, "version", version)
			options.DisablePlugins = append(options.DisablePlugins, plugin)
		}
	}
	return nil
}

func serves(list *metav1.APIResourceList, resource string) bool {
	return slices.ContainsFunc(list.APIResources, func(r metav1.APIResource) bool { return r.Name == resource })
}
