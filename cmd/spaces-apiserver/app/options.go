// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"fmt"
	"net"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle"
	openapinamer "k8s.io/apiserver/pkg/endpoints/openapi"
	genericapiserver "k8s.io/apiserver/pkg/server"
	genericoptions "k8s.io/apiserver/pkg/server/options"
	"k8s.io/apiserver/pkg/util/compatibility"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/client-go/rest"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/component-base/logs"
	logsapi "k8s.io/component-base/logs/api/v1"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/admission/spacepolicy"
	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/pkg/apis/spaces/validation"
	"tenancy.example.io/spaces/pkg/apiserver"
	"tenancy.example.io/spaces/pkg/generated/openapi"
	"tenancy.example.io/spaces/pkg/provisioning"
)

// Options are the flags.
type Options struct {
	Recommended   *genericoptions.RecommendedOptions
	Logs          *logs.Options
	ReservedNames []string
	History       int
	ClusterCIDRs  []string
	PublicServer  string
	// ExpiryWarnings is how long before a Space expires people are told of it.
	ExpiryWarnings []time.Duration
}

// defaultHistory is how many changes are kept for watches, unless a flag says otherwise.
const defaultHistory = 2000

// defaultExpiryWarnings are long enough before the end to renew a Space, and to save what is in it.
func defaultExpiryWarnings() []time.Duration { return []time.Duration{time.Hour, 10 * time.Minute} }

// streamsPerConnection is how many requests the kube-apiserver may have open on one connection. For each frame that is
// sent, the HTTP/2 server of Go looks at all streams of the connection: with a hundred watches on each, that is a tenth of
// what it takes to tell them of changes.
const streamsPerConnection = 32

// NewOptions returns the defaults.
func NewOptions() *Options {
	// It fails only for a feature that is known already, in another way.
	utilruntime.Must(logsapi.AddFeatureGates(utilfeature.DefaultMutableFeatureGate))
	recommended := genericoptions.NewRecommendedOptions("", apiserver.Codecs.LegacyCodec(v1alpha1.SchemeGroupVersion))
	// There is no etcd, and the kube-apiserver is near.
	recommended.Etcd = nil
	recommended.EgressSelector = nil
	// The kube-apiserver in front has let in no more at a time than it can bear, and queued the rest fairly.
	recommended.Features.EnablePriorityAndFairness = false
	recommended.SecureServing.BindPort = 6443
	recommended.SecureServing.HTTP2MaxStreamsPerConnection = streamsPerConnection
	// It is about the namespace of an object, and Spaces are in none.
	recommended.Admission.DisablePlugins = []string{lifecycle.PluginName}
	spacepolicy.Register(recommended.Admission.Plugins)
	recommended.Admission.RecommendedPluginOrder = append([]string{spacepolicy.PluginName}, recommended.Admission.RecommendedPluginOrder...)
	return &Options{
		Recommended:   recommended,
		Logs:          logs.NewOptions(),
		ReservedNames: validation.DefaultReservedNames(),
		History:       defaultHistory,
		ClusterCIDRs:  provisioning.DefaultClusterCIDRs(),

		ExpiryWarnings: defaultExpiryWarnings(),
	}
}

// Flags returns the flags in sections.
func (o *Options) Flags() *cliflag.NamedFlagSets {
	sets := &cliflag.NamedFlagSets{}
	o.addOwnFlags(sets.FlagSet("spaces"))
	o.Recommended.CoreAPI.AddFlags(sets.FlagSet("kubernetes"))
	o.Recommended.SecureServing.AddFlags(sets.FlagSet("secure serving"))
	o.Recommended.Authentication.AddFlags(sets.FlagSet("authentication"))
	o.Recommended.Authorization.AddFlags(sets.FlagSet("authorization"))
	o.Recommended.Audit.AddFlags(sets.FlagSet("auditing"))
	o.Recommended.Features.AddFlags(sets.FlagSet("features"))
	o.Recommended.Admission.AddFlags(sets.FlagSet("admission"))
	o.Recommended.Traces.AddFlags(sets.FlagSet("traces"))
	utilfeature.DefaultMutableFeatureGate.AddFlag(sets.FlagSet("features"))
	logsapi.AddFlags(o.Logs, sets.FlagSet("logs"))
	return sets
}

func (o *Options) addOwnFlags(flags *pflag.FlagSet) {
	flags.StringSliceVar(&o.ReservedNames, "reserved-names", o.ReservedNames,
		"Names that no new Space can have. A * at the end stands for any rest.")
	flags.StringSliceVar(&o.ClusterCIDRs, "cluster-cidrs", o.ClusterCIDRs,
		"Ranges of addresses that are the cluster's own, or near it. An isolated Space reaches the internet, and none of these.")
	flags.StringVar(&o.PublicServer, "public-server", o.PublicServer,
		"The URL of the Kubernetes API in the kubeconfigs that are handed out, for who asks for no other. If empty, it is the one that this server uses itself.")
	flags.DurationSliceVar(&o.ExpiryWarnings, "expiry-warnings", o.ExpiryWarnings,
		"How long before a Space expires an Event in its namespace says so, each time. If empty, none does.")
	flags.IntVar(&o.History, "watch-history", o.History,
		"How many changes of namespaces and of access to them are kept, at least, for watches to resume from. A watch that is further behind has to list again.")
}

// Validate returns everything that is wrong with the flags.
func (o *Options) Validate() []error {
	var errs []error
	// RecommendedOptions validates, too, what there is none of here.
	errs = append(errs, o.Recommended.SecureServing.Validate()...)
	errs = append(errs, o.Recommended.Authentication.Validate()...)
	errs = append(errs, o.Recommended.Authorization.Validate()...)
	errs = append(errs, o.Recommended.Audit.Validate()...)
	errs = append(errs, o.Recommended.Features.Validate()...)
	errs = append(errs, o.Recommended.CoreAPI.Validate()...)
	errs = append(errs, o.Recommended.Admission.Validate()...)
	errs = append(errs, o.Recommended.Traces.Validate()...)
	if _, err := validation.NewReservedNames(o.ReservedNames); err != nil {
		errs = append(errs, fmt.Errorf("--reserved-names: %w", err))
	}
	if err := o.network().Validate(); err != nil {
		errs = append(errs, fmt.Errorf("--cluster-cidrs: %w", err))
	}
	for _, before := range o.ExpiryWarnings {
		if before <= 0 {
			errs = append(errs, fmt.Errorf("--expiry-warnings must be above 0s, not %s", before))
		}
	}
	if o.History < 1 {
		errs = append(errs, fmt.Errorf("--watch-history must be at least 1, not %d", o.History))
	}
	return errs
}

// Config returns what the server is made of, by these flags.
func (o *Options) Config() (*apiserver.Config, error) {
	if err := o.Recommended.SecureServing.MaybeDefaultWithSelfSignedCerts("localhost", nil, []net.IP{net.IPv4(127, 0, 0, 1)}); err != nil {
		return nil, fmt.Errorf("make a certificate to serve with: %w", err)
	}
	generic := genericapiserver.NewRecommendedConfig(apiserver.Codecs)
	describe(generic)
	policies := apiserver.NewPolicies(o.History, clock.RealClock{})
	o.initializeAdmission(policies)
	if err := o.Recommended.ApplyTo(generic); err != nil {
		return nil, err
	}
	reserved, err := validation.NewReservedNames(o.ReservedNames)
	if err != nil {
		return nil, err
	}
	return &apiserver.Config{
		Generic: generic,
		Extra: apiserver.ExtraConfig{
			Client:       o.clientOf(generic.ClientConfig),
			Validation:   validation.Options{ReservedNames: reserved},
			Policies:     policies,
			PublicServer: o.PublicServer,
			Network:      o.network(),
			Clock:        clock.RealClock{},

			ExpiryWarnings: o.ExpiryWarnings,
		},
	}, nil
}

func (o *Options) network() provisioning.Network {
	return provisioning.Network{ClusterCIDRs: o.ClusterCIDRs}
}

// clientOf returns how to reach the kube-apiserver, and its kinds alone.
func (o *Options) clientOf(config *rest.Config) *rest.Config {
	client := rest.CopyConfig(config)
	if o.Recommended.Traces.ConfigFile == "" {
		// What would trace each request makes a third of its garbage, even if nobody takes its spans.
		client.WrapTransport = nil
	}
	// The servers at both ends limit what is asked, not a client in between.
	client.QPS = -1
	client.ContentType = runtime.ContentTypeProtobuf
	client.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	return client
}

// describe sets what the server says of itself.
func describe(config *genericapiserver.RecommendedConfig) {
	namer := openapinamer.NewDefinitionNamer(apiserver.Scheme)
	config.OpenAPIConfig = genericapiserver.DefaultOpenAPIConfig(openapi.GetOpenAPIDefinitions, namer)
	config.OpenAPIV3Config = genericapiserver.DefaultOpenAPIV3Config(openapi.GetOpenAPIDefinitions, namer)
	config.OpenAPIConfig.Info.Title, config.OpenAPIV3Config.Info.Title = "Spaces", "Spaces"
	config.OpenAPIConfig.Info.Version, config.OpenAPIV3Config.Info.Version = v1alpha1.SchemeGroupVersion.Version, v1alpha1.SchemeGroupVersion.Version
	hideStrategicMerge(config.OpenAPIConfig, config.OpenAPIV3Config)
	config.FeatureGate = utilfeature.DefaultFeatureGate
	config.EffectiveVersion = compatibility.DefaultBuildEffectiveVersion()
}
