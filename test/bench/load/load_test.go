// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package load

import (
	"bytes"
	"compress/gzip"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/rest"
)

// slow is how long at least it takes to answer at the path /slow.
const slow = 100 * time.Millisecond

// recorder answers everything, and remembers in which order it was asked.
type recorder struct {
	lock sync.Mutex
	// asked are the paths.
	asked []string
}

func (r *recorder) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	r.lock.Lock()
	defer r.lock.Unlock()
	r.asked = append(r.asked, request.URL.Path)
	switch {
	case request.URL.Path == "/slow":
		<-time.After(slow)
	case request.URL.Path == "/missing":
		http.NotFound(w, request)
	case request.Header.Get("Accept-Encoding") == "gzip":
		w.Header().Set("Content-Encoding", "gzip")
		writer := gzip.NewWriter(w)
		defer writer.Close()
		_, _ = io.WriteString(writer, "an answer")
	default:
		_, _ = io.WriteString(w, "an answer")
	}
}

func serve(t *testing.T) (*recorder, *rest.Config) {
	t.Helper()
	r := &recorder{}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	return r, &rest.Config{Host: server.URL}
}

func seeded() *rand.Rand { return rand.New(rand.NewPCG(1, 1)) }

func TestFetchTakesGzipOnlyIfAsked(t *testing.T) {
	_, config := serve(t)
	for name, tc := range map[string]struct {
		gzip bool
		want string
	}{
		"a client that takes gzip": {gzip: true, want: "gzip"},
		"one that does not":        {},
	} {
		t.Run(name, func(t *testing.T) {
			client, err := Target{Config: config, Path: "/a", Gzip: tc.gzip}.NewClient()
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			answer, err := client.Fetch(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			plain, err := answer.Plain()
			if err != nil || answer.Encoding != tc.want || !bytes.Equal(plain, []byte("an answer")) {
				t.Errorf("%q in the encoding %q, %v; want the answer in %q", plain, answer.Encoding, err, tc.want)
			}
		})
	}
}

func TestLatencyInterleaves(t *testing.T) {
	r, config := serve(t)
	targets := []Target{{Config: config, Path: "/a"}, {Config: config, Path: "/b"}}
	samples, err := Latency(t.Context(), targets, Limits{Samples: 20, Time: time.Minute, Warmup: 3}, seeded())
	if err != nil {
		t.Fatal(err)
	}
	if len(samples[0]) != 20 || len(samples[1]) != 20 {
		t.Errorf("%d and %d samples, want 20 of each", len(samples[0]), len(samples[1]))
	}
	measured := r.asked[6:]
	orders := map[string]int{}
	for i := 0; i < len(measured); i += 2 {
		orders[measured[i]+measured[i+1]]++
	}
	if len(orders) != 2 || orders["/a/b"]+orders["/b/a"] != 20 {
		t.Errorf("asked in the orders %v, want each target once in each round, in both orders", orders)
	}
}

func TestLatencyEndsInTime(t *testing.T) {
	_, config := serve(t)
	samples, err := Latency(t.Context(), []Target{{Config: config, Path: "/a"}}, Limits{Samples: 1 << 30, Time: time.Millisecond}, seeded())
	if err != nil || len(samples[0]) == 0 {
		t.Errorf("%d samples, %v; want some", len(samples[0]), err)
	}
}

// A slow target gets no more than its time, and others no less because of it.
func TestLatencyOfASlowTarget(t *testing.T) {
	_, config := serve(t)
	targets := []Target{{Config: config, Path: "/a"}, {Config: config, Path: "/slow"}}
	samples, err := Latency(t.Context(), targets, Limits{Samples: 10, Time: 3 * slow, Warmup: 1}, seeded())
	if err != nil || len(samples[0]) != 10 || len(samples[1]) > 3 || len(samples[1]) == 0 {
		t.Errorf("%d samples, and %d of a slow target, %v; want 10, and 3 at most", len(samples[0]), len(samples[1]), err)
	}
}

func TestThroughputHasARateForEach(t *testing.T) {
	_, config := serve(t)
	targets := []Target{{Config: config, Path: "/a"}, {Config: config, Path: "/b"}}
	rates, err := Throughput(t.Context(), targets, 2, 20*time.Millisecond, seeded())
	if err != nil || rates[0] <= 0 || rates[1] <= 0 {
		t.Errorf("rates are %v, %v", rates, err)
	}
}

func TestWhatIsNoSuccessIsAnError(t *testing.T) {
	_, config := serve(t)
	missing := []Target{{Name: "what is missing", Config: config, Path: "/missing"}}
	_, latencyErr := Latency(t.Context(), missing, Limits{Samples: 1, Time: time.Second}, seeded())
	_, throughputErr := Throughput(t.Context(), missing, 2, time.Millisecond, seeded())
	for _, err := range []error{latencyErr, throughputErr} {
		if err == nil || !strings.Contains(err.Error(), "what is missing: 404") {
			t.Errorf("got %v, want an error that names what is missing", err)
		}
	}
}
