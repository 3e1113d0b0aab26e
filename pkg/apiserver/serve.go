// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/clock"

	"tenancy.example.io/spaces/pkg/access"
	spacesapi "tenancy.example.io/spaces/pkg/apis/spaces"
	"tenancy.example.io/spaces/pkg/apis/spaces/validation"
	accountcontroller "tenancy.example.io/spaces/pkg/controller/account"
	"tenancy.example.io/spaces/pkg/controller/expiry"
	"tenancy.example.io/spaces/pkg/controller/repair"
	spacecontroller "tenancy.example.io/spaces/pkg/controller/space"
	"tenancy.example.io/spaces/pkg/controller/usage"
	"tenancy.example.io/spaces/pkg/namespacestore"
	"tenancy.example.io/spaces/pkg/provisioning"
	"tenancy.example.io/spaces/pkg/registry/account"
	"tenancy.example.io/spaces/pkg/registry/backing"
	"tenancy.example.io/spaces/pkg/registry/clusterquota"
	"tenancy.example.io/spaces/pkg/registry/space"
	"tenancy.example.io/spaces/pkg/registry/spacetemplate"
)

// backend is what all kinds are served by.
type backend struct {
	namespaces  namespaces
	configMaps  configMaps
	kinds       kinds
	reviewer    *access.Reviewer
	provisioner *provisioning.Provisioner
	issuer      issuer
	validation  validation.Options
	admission   admission.Interface
	warnings    []time.Duration
	clock       clock.WithTicker
}

func (s *Server) newBackend(client kubernetes.Interface, plugins admission.Interface, extra ExtraConfig) (backend, error) {
	reviewer := access.NewReviewer(client.AuthorizationV1())
	kinds := newKinds(client.Discovery())
	dynamic, err := dynamic.NewForConfig(extra.Client)
	if err != nil {
		return backend{}, fmt.Errorf("make client of objects of all kinds: %w", err)
	}
	provisioner := provisioning.New(provisioning.Config{
		Client:   client,
		Objects:  objects{client: dynamic, kinds: kinds, selves: client.AuthenticationV1(), reviewer: reviewer},
		Planner:  s.policies,
		Registry: registry{namespaces: newNamespaces(client.CoreV1()), mapping: space.NewMapping(codec())},
		Reviewer: reviewer,
		Clock:    extra.Clock,
		Network:  extra.Network,
	})
	issuer, err := newIssuer(client.CoreV1(), provisioner, extra.Client, extra.PublicServer)
	return backend{
		namespaces:  newNamespaces(client.CoreV1()),
		configMaps:  configMaps{client.CoreV1()},
		kinds:       kinds,
		reviewer:    reviewer,
		provisioner: provisioner,
		issuer:      issuer,
		validation:  extra.Validation,
		admission:   plugins,
		warnings:    extra.ExpiryWarnings,
		clock:       extra.Clock,
	}, err
}

// store returns the store of a kind.
func (b backend) store(kind backing.Kind, mapping namespacestore.Mapping, feed *namespacestore.Feed, provisioner namespacestore.Provisioner, claims *namespacestore.Claims) *namespacestore.Store {
	return namespacestore.New(namespacestore.Config{
		Resource:    kind.GroupResource(),
		New:         kind.New,
		Mapping:     mapping,
		Feed:        feed,
		Namespaces:  b.namespaces,
		Provisioner: provisioner,
		Reviewer:    b.reviewer.Sees,
		Claims:      claims,
	})
}

// serve makes the storage of all kinds, and the controllers that work on it.
func (s *Server) serve(b backend) (map[string]rest.Storage, error) {
	spaces, err := s.serveSpaces(b)
	if err != nil {
		return nil, err
	}
	kubeconfig := space.NewKubeconfigREST(spaces, b.issuer, b.clock)
	renew := space.NewRenewREST(spaces, space.Admission{Plugins: b.admission, Scheme: Scheme})
	accounts, err := s.serveAccounts(b)
	if err != nil {
		return nil, err
	}
	quotas, err := s.serveQuotas(b)
	if err != nil {
		return nil, err
	}
	templates, err := s.serveTemplates(b)
	if err != nil {
		return nil, err
	}
	return map[string]rest.Storage{
		space.Kind.Resource:                 spaces,
		space.Kind.Resource + "/kubeconfig": kubeconfig,
		space.Kind.Resource + "/renew":      renew,
		account.Kind.Resource:               accounts,
		clusterquota.Kind.Resource:          quotas,
		spacetemplate.Kind.Resource:         templates,
	}, nil
}

func (s *Server) serveSpaces(b backend) (*space.REST, error) {
	mapping := space.NewMapping(codec())
	store := b.store(space.Kind, mapping, s.feeds.spaces, filler{b.provisioner, s.policies}, s.ledger.claims())
	keeper := keeper{
		feeds:       s.feeds,
		policies:    s.policies,
		mapping:     mapping,
		provisioner: b.provisioner,
		namespaces:  b.namespaces,
		clock:       b.clock,
		later:       func(name string) { s.repairer.EnqueueAfter(name, laterAfter) },
	}
	live := liveSpaces{feed: s.feeds.spaces, ledger: s.ledger, store: store, keeper: keeper}
	s.expiry = expiry.New(live, deleter{b.namespaces, keeper}, b.clock)
	s.warner = expiry.NewWarner(live, b.namespaces, b.warnings, b.clock)
	s.completer = spacecontroller.New(live, b.clock)
	s.repairer = repair.New(keeper, b.clock)
	return space.NewREST(space.Config{
		Scheme:     Scheme,
		Options:    space.Kind.RESTOptions(store, codec()),
		Validation: b.validation,
		Reviewer:   b.reviewer,
		Clock:      b.clock,
		JSON:       plainJSON(),
	})
}

func (s *Server) serveAccounts(b backend) (rest.Storage, error) {
	store := b.store(account.Kind, account.NewMapping(codec()), s.feeds.accounts, provisioning.Homes{Provisioner: b.provisioner}, nil)
	charged := charged{spaces: s.feeds.spaces, namespaces: b.namespaces}
	s.ender = accountcontroller.New(endings{accounts: s.feeds.accounts, charged: charged}, b.clock)
	return account.NewREST(account.Config{
		Scheme:   Scheme,
		Options:  account.Kind.RESTOptions(store, codec()),
		Reviewer: b.reviewer,
		Self:     b.reviewer,
		Charged:  charged,
	})
}

// account has what is charged told.
func (s *Server) account(b backend, client kubernetes.Interface) (err error) {
	s.nodes, err = newNodes(client, func() { s.accountant.Enqueue(spacesapi.SystemNamespace) })
	s.accountant = usage.New(accountant{
		ledger:     s.ledger,
		books:      s.books,
		namespaces: b.namespaces,
		accounts:   account.NewMapping(codec()),
		quotas:     clusterquota.NewMapping(codec()),
		nodes:      s.nodes.allocatable,
		clock:      b.clock,
	}, b.clock)
	return err
}

func (s *Server) serveQuotas(b backend) (rest.Storage, error) {
	store := b.store(clusterquota.Kind, clusterquota.NewMapping(codec()), s.feeds.quotas, nil, nil)
	return clusterquota.NewREST(clusterquota.Config{
		Scheme:   Scheme,
		Options:  clusterquota.Kind.RESTOptions(store, codec()),
		Reviewer: b.reviewer,
		Self:     b.reviewer,
	})
}

func (s *Server) serveTemplates(b backend) (rest.Storage, error) {
	store := namespacestore.New(namespacestore.Config{
		Resource:   spacetemplate.Kind.GroupResource(),
		New:        spacetemplate.Kind.New,
		Mapping:    spacetemplate.NewMapping(codec()),
		Feed:       s.feeds.templates,
		Namespaces: b.configMaps,
	})
	return spacetemplate.NewREST(spacetemplate.Config{
		Scheme:   Scheme,
		Options:  spacetemplate.Kind.RESTOptions(store, codec()),
		Reviewer: b.reviewer,
		Kinds:    b.kinds,
	})
}

// filler implements namespacestore.Provisioner for Spaces.
type filler struct {
	*provisioning.Provisioner
	policies policies
}

// Metadata implements namespacestore.Provisioner.
func (f filler) Metadata(object runtime.Object) (labels, annotations map[string]string, err error) {
	plan, err := f.policies.planOf(object)
	if err != nil {
		return nil, nil, err
	}
	labels, annotations = f.Provisioner.Metadata(plan)
	wanted, err := metadata{labels, annotations}.recorded()
	return wanted.labels, wanted.annotations, err
}
