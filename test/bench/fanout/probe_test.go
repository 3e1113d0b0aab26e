// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package fanout

import (
	"strings"
	"testing"
	"time"
)

func TestParseMetrics(t *testing.T) {
	const text = `# HELP go_goroutines Number of goroutines that currently exist.
# TYPE go_goroutines gauge
go_goroutines 246
go_memstats_heap_alloc_bytes 524288
go_memstats_heap_inuse_bytes 1.048576e+06
process_resident_memory_bytes 2097152
process_cpu_seconds_total 1.5
apiserver_longrunning_requests{component="apiserver",group="g",resource="spaces",scope="cluster",verb="WATCH"} 3
apiserver_longrunning_requests{component="apiserver",group="g",resource="spaces",scope="resource",verb="WATCH"} 1
apiserver_longrunning_requests{component="apiserver",group="",resource="pods",scope="cluster",verb="WATCH"} 9
apiserver_longrunning_requests{component="apiserver",group="g",resource="spaces",scope="cluster",verb="CONNECT"} 9
something{else="with a space"} NaN
`
	want := usage{Goroutines: 246, Watches: 4, CPU: 1500 * time.Millisecond, Resident: 2 << 20, InUse: 1 << 20, Live: 1 << 19}
	got, err := parseMetrics(strings.NewReader(text), "spaces")
	if err != nil || got != want {
		t.Errorf("parseMetrics() = %+v, %v, want %+v", got, err, want)
	}
}

func TestParseConnections(t *testing.T) {
	const text = `goroutine profile: total 12
3 @ 0x1 0x2
#	0x1	net.(*conn).Read+0x1		/go/src/net/net.go:1
#	0x2	golang.org/x/net/http2.(*serverConn).readFrames+0x1	/server.go:1

2 @ 0x3
#	0x3	golang.org/x/net/http2.(*serverConn).serve+0x1	/server.go:2
#	0x4	net/http.(*conn).serve+0x1	/go/src/net/http/server.go:3

7 @ 0x5
#	0x5	golang.org/x/net/http2.(*serverConn).runHandler+0x1	/server.go:4
`
	if got, err := parseConnections(strings.NewReader(text)); got != 5 || err != nil {
		t.Errorf("parseConnections() = %d, %v, want 5", got, err)
	}
}
