// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"net/http"
	"time"

	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/apis/spaces/validation"
	"tenancy.example.io/spaces/pkg/provisioning"
)

// watchGrace is how long watches may take to end after SIGTERM. They are told to at once.
const watchGrace = 2 * time.Second

// Config is what a Server is made of.
type Config struct {
	Generic *genericapiserver.RecommendedConfig
	Extra   ExtraConfig
}

// ExtraConfig is what is ours of a Config; all of it is required but PublicServer, Network and ExpiryWarnings.
type ExtraConfig struct {
	// Client is how to reach the kube-apiserver.
	Client *rest.Config
	// PublicServer is the URL of the kube-apiserver in the kubeconfigs that are handed out. Empty means that of Client.
	PublicServer string
	// Validation is what the administrator decides about names.
	Validation validation.Options
	// Policies are those that the server follows the cluster for.
	Policies *Policies
	// Network is what is the cluster's own, for Spaces that are isolated.
	Network provisioning.Network
	// ExpiryWarnings is how long before a Space expires people are told of it, each time.
	ExpiryWarnings []time.Duration
	// Clock tells when Spaces expire.
	Clock clock.WithTicker
}

type completedConfig struct {
	generic   genericapiserver.CompletedConfig
	extra     ExtraConfig
	readiness *readiness
}

// CompletedConfig is a Config that New accepts. Only Complete makes one.
type CompletedConfig struct {
	*completedConfig
}

// Complete fills in what follows from the rest. The Config must not be used afterwards.
func (c *Config) Complete() CompletedConfig {
	ready := newReadiness(c.Generic.Authentication)
	c.Generic.BuildHandlerChainFunc = func(api http.Handler, config *genericapiserver.Config) http.Handler {
		return withFirstStack(ready.gate(genericapiserver.DefaultBuildHandlerChain(withReply(api), config)))
	}
	authentication := &c.Generic.Authentication
	authentication.Authenticator = withStack(withFrontProxy(authentication.RequestHeaderConfig, c.Extra.Clock, authentication.Authenticator))
	c.Generic.ShutdownWatchTerminationGracePeriod = watchGrace
	c.Generic.AddReadyzChecks(ready.checks()...)
	return CompletedConfig{&completedConfig{generic: c.Generic.Complete(), extra: c.Extra, readiness: ready}}
}
