// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"net/http"
	"testing"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/transport"
)

// What traces requests to the kube-apiserver is paid for only where somebody wants to see it.
func TestRequestsAreTracedWhereThatIsConfigured(t *testing.T) {
	for name, tc := range map[string]struct {
		config string
		traced bool
	}{
		"nowhere by default":    {},
		"where there is a file": {config: "tracing.yaml", traced: true},
	} {
		t.Run(name, func(t *testing.T) {
			o := NewOptions()
			o.Recommended.Traces.ConfigFile = tc.config
			var tracer transport.WrapperFunc = func(next http.RoundTripper) http.RoundTripper { return next }
			given := &rest.Config{WrapTransport: tracer}
			if traced := o.clientOf(given).WrapTransport != nil; traced != tc.traced || given.WrapTransport == nil {
				t.Errorf("they are traced: %v, want %v", traced, tc.traced)
			}
		})
	}
}
