// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/emicklei/go-restful/v3"
)

// selections counts how often a route is selected.
type selections struct {
	restful.CurlyRouter
	count int
}

func (s *selections) SelectRoute(services []*restful.WebService, req *http.Request) (*restful.WebService, *restful.Route, error) {
	s.count++
	return s.CurlyRouter.SelectRoute(services, req)
}

func thingsService() *restful.WebService {
	service := new(restful.WebService)
	service.Path("/apis/things").Produces("application/json", "application/yaml").Consumes("application/json")
	ignore := func(*restful.Request, *restful.Response) {}
	service.Route(service.GET("/all").To(ignore).Operation("list"))
	service.Route(service.POST("/all").To(ignore).Operation("create"))
	service.Route(service.GET("/all/{name}").To(ignore).Operation("get"))
	service.Route(service.GET("/odd").If(func(req *http.Request) bool { return req.Header.Get("Odd") != "" }).To(ignore).Operation("odd"))
	return service
}

func header(name, value string) func(*http.Request) {
	return func(req *http.Request) { req.Header.Set(name, value) }
}

func TestRouterRemembersCollections(t *testing.T) {
	for name, tc := range map[string]struct {
		method, path string
		asIs         func(*http.Request)
		want         string
		selections   int
	}{
		"a list":                    {method: http.MethodGet, path: "/apis/things/all", want: "list", selections: 1},
		"something else with it":    {method: http.MethodPost, path: "/apis/things/all", asIs: header("Content-Type", "application/json"), want: "create", selections: 1},
		"a list as YAML":            {method: http.MethodGet, path: "/apis/things/all", asIs: header("Accept", "application/yaml"), want: "list", selections: 1},
		"a header that is too long": {method: http.MethodGet, path: "/apis/things/all", asIs: header("Accept", "application/json,"+strings.Repeat("x", 1000)), want: "list", selections: 3},
		"one object":                {method: http.MethodGet, path: "/apis/things/all/one", want: "get", selections: 3},
		"what depends on the rest":  {method: http.MethodGet, path: "/apis/things/odd", asIs: header("Odd", "yes"), want: "odd", selections: 3},
		"no such method":            {method: http.MethodDelete, path: "/apis/things/all", want: "405", selections: 3},
		"no such format":            {method: http.MethodGet, path: "/apis/things/all", asIs: header("Accept", "text/html"), want: "406", selections: 3},
		"no such path":              {method: http.MethodGet, path: "/apis/things/none", want: "404", selections: 3},
	} {
		t.Run(name, func(t *testing.T) {
			counted := &selections{}
			routes := newRouter()
			routes.RouteSelector = counted
			services := []*restful.WebService{thingsService()}
			for range 3 {
				req := httptest.NewRequestWithContext(t.Context(), tc.method, tc.path, http.NoBody)
				if tc.asIs != nil {
					tc.asIs(req)
				}
				if got := selected(routes, services, req); got != tc.want {
					t.Errorf("selected %q, want %q", got, tc.want)
				}
			}
			if counted.count != tc.selections {
				t.Errorf("selected %d times, want %d", counted.count, tc.selections)
			}
		})
	}
}

// selected returns the operation of the route that is selected, or the status of the refusal.
func selected(routes router, services []*restful.WebService, req *http.Request) string {
	service, route, err := routes.SelectRoute(services, req)
	var refused restful.ServiceError
	switch {
	case errors.As(err, &refused):
		return strconv.Itoa(refused.Code)
	case err != nil:
		return err.Error()
	case service != services[0]:
		return "another service"
	}
	return route.Operation
}

// What was remembered of one request is no answer to another.
func TestRouterTellsRequestsApart(t *testing.T) {
	routes, services := newRouter(), []*restful.WebService{thingsService()}
	list := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/apis/things/all", http.NoBody)
	for _, tc := range []struct {
		method, path string
		asIs         func(*http.Request)
		want         string
	}{
		{http.MethodPost, "/apis/things/all", header("Content-Type", "application/json"), "create"},
		{http.MethodPost, "/apis/things/all", header("Content-Type", "text/html"), "415"},
		{http.MethodPut, "/apis/things/all", header("Accept", "application/json"), "405"},
		{http.MethodGet, "/apis/things/all/one", header("Accept", "application/json"), "get"},
		{http.MethodGet, "/apis/things/all", header("Accept", "text/html"), "406"},
		{http.MethodGet, "/apis/things/all", header("Content-Type", "text/html"), "415"},
	} {
		if got := selected(routes, services, list); got != "list" {
			t.Fatalf("selected %q for a list", got)
		}
		other := httptest.NewRequestWithContext(t.Context(), tc.method, tc.path, http.NoBody)
		tc.asIs(other)
		if got := selected(routes, services, other); got != tc.want {
			t.Errorf("selected %q, want %q", got, tc.want)
		}
	}
}
