// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"net/http"
	"strings"

	"github.com/emicklei/go-restful/v3"
	"k8s.io/utils/lru"
)

const (
	// routesRemembered is how many routes are: there are some collections, and some ways to ask for them.
	routesRemembered = 64
	// longestRemembered is how many bytes of headers are. Clients decide how long they are.
	longestRemembered = 512
)

// router remembers the routes to collections. The router of the library compares each request with all of the routes,
// and copies those that match: a short list spends more time on that than on the list. It is safe for concurrent use.
type router struct {
	restful.RouteSelector
	remembered *lru.Cache
}

func newRouter() router { return router{restful.CurlyRouter{}, lru.New(routesRemembered)} }

// question is all that routes are selected by.
type question struct{ method, path, accept, contentType string }

// destination is an answer to one. It is immutable.
type destination struct {
	service *restful.WebService
	route   *restful.Route
}

// SelectRoute implements restful.RouteSelector.
func (r router) SelectRoute(services []*restful.WebService, req *http.Request) (*restful.WebService, *restful.Route, error) {
	asked := question{req.Method, req.URL.Path, req.Header.Get("Accept"), req.Header.Get("Content-Type")}
	if known, ok := r.remembered.Get(asked); ok {
		to := known.(destination)
		return to.service, to.route, nil
	}
	service, route, err := r.RouteSelector.SelectRoute(services, req)
	if err == nil && asked.isShort() && isCollection(route) {
		r.remembered.Add(asked, destination{service, route})
	}
	return service, route, err
}

func (q question) isShort() bool { return len(q.accept)+len(q.contentType) <= longestRemembered }

// isCollection tells whether nothing but a question selects the route, and its path is that of the request.
func isCollection(route *restful.Route) bool {
	return len(route.If) == 0 && !strings.Contains(route.Path, "{")
}
