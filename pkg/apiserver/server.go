// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/registry/rest"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/client-go/kubernetes"

	"tenancy.example.io/spaces/pkg/access"
	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/pkg/controller/expiry"
	spacecontroller "tenancy.example.io/spaces/pkg/controller/space"
	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/pkg/provisioning"
	"tenancy.example.io/spaces/pkg/registry/space"
)

// Server serves the API group, and runs the controllers.
type Server struct {
	generic   *genericapiserver.GenericAPIServer
	readiness *readiness

	index    *access.Index
	feed     *namespacestore.Feed
	follower follower

	expiry    *expiry.Expiry
	completer *spacecontroller.Completer
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
	s := &Server{generic: generic, readiness: c.readiness}
	s.makeCaches(client, c.extra)
	storage, err := s.serveSpaces(client, c.extra)
	if err != nil {
		return nil, err
	}
	return s, s.install(storage)
}

func (s *Server) makeCaches(client kubernetes.Interface, extra ExtraConfig) {
	s.index = access.NewIndex()
	s.feed = namespacestore.NewFeed(namespacestore.FeedConfig{
		Mapping: space.NewMapping(codec()),
		History: extra.History,
		Clock:   extra.Clock,
	}, s.observe)
	s.index.Subscribe(func(snapshot *access.Snapshot, change access.Change) { s.feed.SetAccess(snapshot, change) })
	roles := s.index.Follow(client.RbacV1().RESTClient(), extra.Clock)
	s.readiness.silence = roles.Pulse.Silence
	s.follower = follower{
		client:    client.CoreV1().RESTClient(),
		roles:     roles,
		feed:      s.feed,
		readiness: s.readiness,
		clock:     extra.Clock,
	}
}

// plainJSON returns the encoder that answers requests for JSON.
func plainJSON() runtime.Encoder {
	info, _ := runtime.SerializerInfoForMediaType(Codecs.SupportedMediaTypes(), runtime.ContentTypeJSON)
	return Codecs.EncoderForVersion(info.Serializer, v1alpha1.SchemeGroupVersion)
}

func codec() runtime.Codec { return Codecs.LegacyCodec(v1alpha1.SchemeGroupVersion) }

// observe passes on what happens to a namespace.
func (s *Server) observe(before, after *namespacestore.Row) {
	if after == nil {
		s.index.NamespaceGone(before.Namespace.Name)
		return
	}
	name := after.Namespace.Name
	if after.Namespace.DeletionTimestamp != nil {
		s.index.NamespaceTerminating(name)
		return
	}
	s.expiry.Enqueue(name)
	s.completer.Enqueue(name)
}

// serveSpaces makes the storage of Spaces, and the controllers that work on it.
func (s *Server) serveSpaces(client kubernetes.Interface, extra ExtraConfig) (rest.Storage, error) {
	reviewer := access.NewReviewer(client.AuthorizationV1().SubjectAccessReviews())
	backing := newNamespaces(client.CoreV1())
	store := namespacestore.New(namespacestore.Config{
		Resource:    spacesapi.Resource("spaces"),
		New:         func() runtime.Object { return &spacesapi.Space{} },
		Mapping:     space.NewMapping(codec()),
		Feed:        s.feed,
		Namespaces:  backing,
		Provisioner: provisioning.New(client.RbacV1(), reviewer, extra.Clock),
		Reviewer:    reviewer.Sees,
	})
	live := liveSpaces{feed: s.feed, store: store}
	s.expiry = expiry.New(live, deleter{backing}, extra.Clock)
	s.completer = spacecontroller.New(live, extra.Clock)
	return space.NewREST(space.Config{
		Scheme:     Scheme,
		Options:    space.Kind.RESTOptions(store, codec()),
		Validation: extra.Validation,
		Reviewer:   reviewer,
		Clock:      extra.Clock,
		JSON:       plainJSON(),
	})
}

func (s *Server) install(spaces rest.Storage) error {
	group := genericapiserver.NewDefaultAPIGroupInfo(spacesapi.GroupName, Scheme, runtime.NewParameterCodec(Scheme), Codecs)
	group.VersionedResourcesStorageMap[v1alpha1.SchemeGroupVersion.Version] = map[string]rest.Storage{"spaces": spaces}
	if err := s.generic.InstallAPIGroup(&group); err != nil {
		return fmt.Errorf("install API group: %w", err)
	}
	return nil
}
