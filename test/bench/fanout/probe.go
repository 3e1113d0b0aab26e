// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"k8s.io/client-go/rest"

	"tenancy.example.io/spaces/test/bench/wire"
)

// usage is what a server says of itself.
type usage struct {
	Goroutines int
	// Connections is how many of the goroutines serve connections, which outlive the requests on them.
	Connections int
	// Watches is how many there are of the resource.
	Watches int
	// CPU is used since the process began.
	CPU time.Duration
	// Resident, InUse and Live are bytes: of the process, of the heap with its gaps, and of the objects in it, which are
	// those that are reachable if garbage has just been collected.
	Resident, InUse, Live float64
}

// probe asks one server.
type probe struct {
	client   *wire.Client
	resource string
}

func newProbe(config *rest.Config, resource string) (probe, error) {
	client, err := wire.NewClient(config, 0)
	return probe{client: client, resource: resource}, err
}

// read asks what is quick to ask.
func (p probe) read(ctx context.Context) (u usage, err error) {
	err = p.client.Get(ctx, "/metrics", func(body io.Reader) error {
		u, err = parseMetrics(body, p.resource)
		return err
	})
	if err != nil {
		return u, fmt.Errorf("reading metrics: %w", err)
	}
	return u, nil
}

// weigh has the server collect its garbage, which makes what is left comparable.
func (p probe) weigh(ctx context.Context) (usage, error) {
	// What is pooled goes at the second collection.
	for range 2 {
		if err := p.client.Get(ctx, "/debug/pprof/heap?gc=1", discard); err != nil {
			return usage{}, fmt.Errorf("having garbage collected: %w", err)
		}
	}
	connections := 0
	err := p.client.Get(ctx, "/debug/pprof/goroutine?debug=1", func(body io.Reader) (err error) {
		connections, err = parseConnections(body)
		return err
	})
	if err != nil {
		return usage{}, fmt.Errorf("reading goroutines: %w", err)
	}
	u, err := p.read(ctx)
	u.Connections = connections
	return u, err
}

// profile writes a CPU profile.
func (p probe) profile(ctx context.Context, file string, length time.Duration) error {
	path := fmt.Sprintf("/debug/pprof/profile?seconds=%d", int(length.Seconds()))
	return p.client.Get(ctx, path, func(body io.Reader) error {
		content, err := io.ReadAll(body)
		if err != nil {
			return err
		}
		return os.WriteFile(file, content, 0o644)
	})
}

func discard(body io.Reader) error {
	_, err := io.Copy(io.Discard, body)
	return err
}

// parseMetrics reads the text format of Prometheus.
func parseMetrics(body io.Reader, resource string) (u usage, err error) {
	watches := []string{`resource="` + resource + `"`, `verb="WATCH"`}
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		name, value, ok := parseMetric(lines.Text())
		if !ok {
			continue
		}
		switch {
		case name == "go_goroutines":
			u.Goroutines = int(value)
		case name == "go_memstats_heap_alloc_bytes":
			u.Live = value
		case name == "go_memstats_heap_inuse_bytes":
			u.InUse = value
		case name == "process_resident_memory_bytes":
			u.Resident = value
		case name == "process_cpu_seconds_total":
			u.CPU = time.Duration(value * float64(time.Second))
		case strings.HasPrefix(name, "apiserver_longrunning_requests{") && containsAll(name, watches):
			u.Watches += int(value)
		}
	}
	return u, lines.Err()
}

// parseMetric splits a line into name and labels, and the value.
func parseMetric(line string) (name string, value float64, ok bool) {
	at := strings.LastIndexByte(line, ' ')
	if at < 0 || strings.HasPrefix(line, "#") {
		return "", 0, false
	}
	value, err := strconv.ParseFloat(line[at+1:], 64)
	return line[:at], value, err == nil
}

func containsAll(text string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

// parseConnections counts, in a goroutine profile, the goroutines that serve connections and not single requests.
func parseConnections(body io.Reader) (int, error) {
	count, group := 0, 0
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if number, _, ok := strings.Cut(line, " @ "); ok {
			group, _ = strconv.Atoi(number)
		}
		if strings.Contains(line, "net/http.(*conn).serve+") || strings.Contains(line, "erverConn).readFrames+") {
			count += group
		}
	}
	return count, lines.Err()
}
