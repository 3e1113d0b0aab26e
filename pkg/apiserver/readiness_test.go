// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"k8s.io/apiserver/pkg/authentication/authenticatorfactory"
	"k8s.io/apiserver/pkg/authentication/request/headerrequest"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/dynamiccertificates"
	"k8s.io/client-go/util/cert"
)

func someCA(t *testing.T) dynamiccertificates.CAContentProvider {
	t.Helper()
	certificate, _, err := cert.GenerateSelfSignedCertKey("localhost", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	ca, err := dynamiccertificates.NewStaticCAContent("test", certificate)
	if err != nil {
		t.Fatal(err)
	}
	return ca
}

func TestReadiness(t *testing.T) {
	const api, health = "/apis/spaces.tenancy.example.io/v1alpha1/spaces", "/readyz"
	withCA := genericapiserver.AuthenticationInfo{RequestHeaderConfig: &authenticatorfactory.RequestHeaderConfig{
		CAContentProvider: someCA(t),
		UsernameHeaders:   headerrequest.StaticStringSlice{"X-Remote-User"},
	}}
	withoutHeaders := genericapiserver.AuthenticationInfo{RequestHeaderConfig: &authenticatorfactory.RequestHeaderConfig{
		CAContentProvider: someCA(t),
		UsernameHeaders:   headerrequest.StaticStringSlice{},
	}}
	for name, tc := range map[string]struct {
		proxy                         genericapiserver.AuthenticationInfo
		namespaces, templates, access bool
		path                          string
		want                          int
		unmet                         int
	}{
		"nothing is there yet":             {proxy: withCA, path: api, want: 503, unmet: 3},
		"access is not there yet":          {proxy: withCA, namespaces: true, templates: true, path: api, want: 503, unmet: 1},
		"templates are not there yet":      {proxy: withCA, namespaces: true, access: true, path: api, want: 503, unmet: 1},
		"the CA is not there yet":          {namespaces: true, templates: true, access: true, path: api, want: 503, unmet: 1},
		"the headers are not there yet":    {proxy: withoutHeaders, namespaces: true, templates: true, access: true, path: api, want: 503, unmet: 1},
		"everything is there":              {proxy: withCA, namespaces: true, templates: true, access: true, path: api, want: 200},
		"whether it is ready can be asked": {path: health, want: 200, unmet: 4},
	} {
		t.Run(name, func(t *testing.T) {
			ready := newReadiness(tc.proxy)
			ready.namespaces.Store(tc.namespaces)
			ready.templates.Store(tc.templates)
			ready.access.Store(tc.access)
			answer := httptest.NewRecorder()
			ready.gate(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) })).
				ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), http.MethodGet, tc.path, nil))
			if answer.Code != tc.want || (tc.want == 503) != (answer.Header().Get("Retry-After") == "1") {
				t.Errorf("answered %d, Retry-After %q; want %d", answer.Code, answer.Header().Get("Retry-After"), tc.want)
			}
			unmet := 0
			for _, check := range ready.checks() {
				if check.Check(nil) != nil {
					unmet++
				}
			}
			if unmet != tc.unmet {
				t.Errorf("%d checks fail, want %d", unmet, tc.unmet)
			}
		})
	}
}

// TestReadinessIsLostWithoutNewsOfAccess: requests are answered all the same, but others are to be asked.
func TestReadinessIsLostWithoutNewsOfAccess(t *testing.T) {
	ready := newReadiness(genericapiserver.AuthenticationInfo{})
	ready.access.Store(true)
	for silence, want := range map[time.Duration]bool{0: true, silenceLimit: true, silenceLimit + time.Second: false} {
		ready.silence = func() time.Duration { return silence }
		for _, check := range ready.checks() {
			if check.Name() != "access" {
				continue
			}
			if err := check.Check(nil); (err == nil) != want {
				t.Errorf("after %s the check says %v", silence, err)
			}
		}
	}
}
