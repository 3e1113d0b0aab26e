// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"k8s.io/client-go/rest"
)

const probeTimeout = 2 * time.Second

// probe returns a function that is nil as long as a GET of url answers 200.
func probe(url string, tls rest.TLSClientConfig) (func(context.Context) error, error) {
	config := &rest.Config{TLSClientConfig: tls, Timeout: probeTimeout}
	// Files would be read again and again, and missed when the control plane has gone.
	if err := rest.LoadTLSFiles(config); err != nil {
		return nil, fmt.Errorf("preparing to probe %s: %w", url, err)
	}
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, fmt.Errorf("preparing to probe %s: %w", url, err)
	}
	return func(ctx context.Context) error { return get(ctx, client, url) }, nil
}

func get(ctx context.Context, client *http.Client, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("preparing to probe: %w", err)
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 4<<10))
	if err != nil {
		return fmt.Errorf("reading the answer of %s: %w", url, err)
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("GET %s answered %s: %s", url, response.Status, body)
	}
	return nil
}
