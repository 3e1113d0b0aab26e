// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/access"
	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	accountcontroller "tenancy.example.io/spaces/pkg/controller/account"
	"tenancy.example.io/spaces/pkg/controller/expiry"
	"tenancy.example.io/spaces/pkg/controller/repair"
	spacecontroller "tenancy.example.io/spaces/pkg/controller/space"
	"tenancy.example.io/spaces/pkg/controller/usage"
)

// Server serves the API group, and runs the controllers.
type Server struct {
	generic   *genericapiserver.GenericAPIServer
	readiness *readiness

	index    *access.Index
	feeds    feeds
	ledger   ledger
	books    *books
	policies policies
	follower follower

	expiry     *expiry.Expiry
	warner     *expiry.Warner
	completer  *spacecontroller.Completer
	repairer   *repair.Repairer
	ender      *accountcontroller.Ender
	accountant *usage.Accountant
	nodes      nodes
	refusals   refusals
	// changed is when accounts have changed lately, by their names, and the ClusterQuota by "". Only the follower's
	// goroutine uses it.
	changed map[string]time.Time
	clock   clock.Clock
	client  kubernetes.Interface
}

// New returns a Server that does nothing yet.
func (c CompletedConfig) New() (*Server, error) {
	client, err := kubernetes.NewForConfig(c.extra.Client)
	if err != nil {
		return nil, fmt.Errorf("make client of the kube-apiserver: %w", err)
	}
	generic, err := c.generic.New("spaces-apiserver", genericapiserver.NewEmptyDelegate())
	if err != nil {
		return nil, fmt.Errorf("make server: %w", err)
	}
	generic.Handler.GoRestfulContainer.Router(newRouter())
	expiry.RegisterMetrics()
	s := &Server{refusals: newRefusals(), changed: map[string]time.Time{}, clock: c.extra.Clock, client: client, generic: generic, readiness: c.readiness, feeds: c.extra.Policies.feeds, ledger: c.extra.Policies.ledger, policies: c.extra.Policies.policies}
	s.ledger.refused = s.refusals.tell
	registerStuck(s.feeds.spaces, c.extra.Clock)
	watching, err := kubernetes.NewForConfig(apart(c.extra.Client))
	if err != nil {
		return nil, fmt.Errorf("make client that watches the kube-apiserver: %w", err)
	}
	s.makeCaches(watching, c.extra)
	backend, err := s.newBackend(client, c.generic.AdmissionControl, c.extra)
	if err != nil {
		return nil, err
	}
	if err := s.account(backend, client); err != nil {
		return nil, fmt.Errorf("follow nodes: %w", err)
	}
	storage, err := s.serve(backend)
	if err != nil {
		return nil, err
	}
	return s, s.install(storage)
}

func (s *Server) makeCaches(client kubernetes.Interface, extra ExtraConfig) {
	s.index = access.NewIndex()
	s.books = newBooks(s.ledger, listeners{
		claimed: func(name string) { s.completer.Enqueue(name) },
		charged: func(name string) { s.accountant.Enqueue(name) },
	})
	s.feeds.spaces.Observe(s.observe)
	s.feeds.accounts.Observe(s.observeHome)
	s.feeds.quotas.Observe(s.observeQuota)
	s.feeds.templates.Observe(s.observeTemplate)
	s.index.Subscribe(s.feeds.setAccess)
	roles := s.index.Follow(client.RbacV1().RESTClient(), extra.Clock)
	s.readiness.silence = roles.Pulse.Silence
	s.follower = follower{
		client:    client.CoreV1().RESTClient(),
		roles:     roles,
		feeds:     s.feeds,
		books:     s.books,
		readiness: s.readiness,
		clock:     extra.Clock,
	}
}

// plainJSON returns the encoder that answers requests for JSON.
func plainJSON() runtime.Encoder {
	info, _ := runtime.SerializerInfoForMediaType(Codecs.SupportedMediaTypes(), runtime.ContentTypeJSON)
	return Codecs.EncoderForVersion(info.Serializer, v1alpha1.SchemeGroupVersion)
}

func (s *Server) install(storage map[string]rest.Storage) error {
	group := genericapiserver.NewDefaultAPIGroupInfo(spacesapi.GroupName, Scheme, runtime.NewParameterCodec(Scheme), Codecs)
	group.VersionedResourcesStorageMap[v1alpha1.SchemeGroupVersion.Version] = storage
	if err := s.generic.InstallAPIGroup(&group); err != nil {
		return fmt.Errorf("install API group: %w", err)
	}
	return nil
}

// Overdue is how many Spaces are to be deleted now, or looked at.
func (s *Server) Overdue() int { return s.expiry.Waiting() }
