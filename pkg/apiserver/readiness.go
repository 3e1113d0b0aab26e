// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apiserver/pkg/endpoints/handlers/responsewriters"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/healthz"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// condition is one thing that the server needs before it can answer. It is safe for concurrent use.
type condition struct {
	name    string
	waiting error
	met     func() bool
	// lost tells why what was met once is not any more, or nil.
	lost func() error
}

func (c *condition) check(*http.Request) error {
	if !c.met() {
		return c.waiting
	}
	if c.lost != nil {
		return c.lost()
	}
	return nil
}

// readiness is all that the server needs before it can answer about Spaces: before, it would call callers anonymous
// whom the kube-apiserver has authenticated, or not find what exists. It is safe for concurrent use.
type readiness struct {
	namespaces, templates, access atomic.Bool
	// silence is for how long it has not been told of access; it is set before it is asked.
	silence    func() time.Duration
	conditions []*condition
	ready      atomic.Bool
}

func newReadiness(authentication genericapiserver.AuthenticationInfo) *readiness {
	r := &readiness{silence: func() time.Duration { return 0 }}
	r.conditions = []*condition{
		{name: "front-proxy-ca", waiting: errors.New("the CA of the kube-apiserver's requests is not read yet"), met: hasFrontProxyCA(authentication)},
		{name: "namespaces", waiting: errors.New("namespaces are not read yet"), met: r.namespaces.Load},
		{name: "templates", waiting: errors.New("templates are not read yet"), met: r.templates.Load},
		{name: "access", waiting: errors.New("roles and their bindings are not read yet"), met: r.access.Load, lost: r.accessLost},
	}
	return r
}

// hasFrontProxyCA tells whether the CA is read that signs the kube-apiserver's requests, and the headers that name their
// users. The CA of the serving configuration would not do: it is there as soon as one of several is read, the one for
// users' certificates perhaps.
func hasFrontProxyCA(authentication genericapiserver.AuthenticationInfo) func() bool {
	return func() bool {
		proxy := authentication.RequestHeaderConfig
		if proxy == nil || len(proxy.UsernameHeaders.Value()) == 0 {
			return false
		}
		_, ok := proxy.CAContentProvider.VerifyOptions()
		return ok
	}
}

// silenceLimit is for how long a server may not be told of access before others are asked. What it answers with is old.
const silenceLimit = 30 * time.Second

func (r *readiness) accessLost() error {
	if silence := r.silence(); silence > silenceLimit {
		return fmt.Errorf("roles and their bindings have not been watched for %s", silence.Round(time.Second))
	}
	return nil
}

func (r *readiness) checks() []healthz.HealthChecker {
	checks := make([]healthz.HealthChecker, 0, len(r.conditions))
	for _, c := range r.conditions {
		checks = append(checks, healthz.NamedCheck(c.name, c.check))
	}
	return checks
}

// unmet returns why the server is not ready, or nil if it is. Once it is, it stays so.
func (r *readiness) unmet() error {
	if r.ready.Load() {
		return nil
	}
	for _, c := range r.conditions {
		if err := c.check(nil); err != nil {
			return err
		}
	}
	r.ready.Store(true)
	return nil
}

// gate answers 503 with Retry-After to API requests until the server is ready. It stands in front of authentication.
func (r *readiness) gate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if err := r.unmet(); err != nil && strings.HasPrefix(req.URL.Path, genericapiserver.APIGroupPrefix) {
			responsewriters.ErrorNegotiated(unavailable(err), Codecs, v1alpha1.SchemeGroupVersion, w, req)
			return
		}
		next.ServeHTTP(w, req)
	})
}

func unavailable(why error) error {
	err := apierrors.NewServiceUnavailable("the server is starting: " + why.Error())
	err.ErrStatus.Details = &metav1.StatusDetails{RetryAfterSeconds: 1}
	return err
}
