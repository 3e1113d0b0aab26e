// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"net"
	"time"

	"k8s.io/client-go/rest"
)

// dialTimeout and keepAlive are those of client-go, which says them nowhere.
const (
	dialTimeout = 30 * time.Second
	keepAlive   = 30 * time.Second
)

// apart returns the configuration of a client that has a connection of its own: client-go shares one among clients that do
// not say how to dial. While much is written watches bring much, and an answer would have to come after that.
func apart(config *rest.Config) *rest.Config {
	own := rest.CopyConfig(config)
	if own.Dial == nil {
		own.Dial = (&net.Dialer{Timeout: dialTimeout, KeepAlive: keepAlive}).DialContext
	}
	return own
}
