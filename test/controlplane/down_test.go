// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDownStopsWhatRuns(t *testing.T) {
	p := newScript(t, "exec sleep 1000", ready)
	mustStart(t, p)
	var out bytes.Buffer
	if err := Down(p.dir, &out); err != nil {
		t.Fatal(err)
	}
	if p.Running() {
		t.Error("The process goes on")
	}
	if !strings.Contains(out.String(), "Stopping script") {
		t.Errorf("Down() said %q, and not what it stopped", out.String())
	}
}

func TestDownSparesAProcessWithAUsedId(t *testing.T) {
	p := newScript(t, "exec sleep 1000", ready)
	mustStart(t, p)
	other := p.run()
	other.Start += "0"
	if err := (record{identity: other}).write(p.dir, "script"); err != nil {
		t.Fatal(err)
	}
	if err := Down(p.dir, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	if !p.Running() {
		t.Error("Down stopped a process that was not the one in the pid file")
	}
	if _, err := os.Stat(recordFile(p.dir, "script")); !os.IsNotExist(err) {
		t.Errorf("The outdated pid file is still there: %v", err)
	}
}

func TestDownWithoutState(t *testing.T) {
	if err := Down(t.TempDir(), &bytes.Buffer{}); err != nil {
		t.Error(err)
	}
}

func TestRecordedNamesAreInStoppingOrder(t *testing.T) {
	dir := t.TempDir()
	for order, name := range []string{"etcd", "kube-apiserver", "another", "spaces-apiserver"} {
		if err := (record{Order: order}).write(dir, name); err != nil {
			t.Fatal(err)
		}
	}
	got, err := recordedNames(dir)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"spaces-apiserver", "another", "kube-apiserver", "etcd"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Wrong order (-want +got):\n%s", diff)
	}
}

func TestRecordSurvivesTheRoundTrip(t *testing.T) {
	dir := t.TempDir()
	want := record{
		identity:     identity{PID: 7, Start: "boot/42"},
		Program:      "/bin/etcd",
		Command:      "abc",
		Order:        3,
		GraceSeconds: 1.5,
	}
	if err := want.write(dir, "etcd"); err != nil {
		t.Fatal(err)
	}
	got, err := readRecord(dir, "etcd")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&want, got, cmp.AllowUnexported(record{})); diff != "" {
		t.Errorf("Wrong record (-want +got):\n%s", diff)
	}
}

func TestIdentity(t *testing.T) {
	self, err := identify(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		identity identity
		want     bool
	}{
		"we are alive":                     {identity: self, want: true},
		"an earlier process of our id":     {identity: identity{PID: self.PID, Start: "before"}},
		"nobody":                           {identity: identity{}},
		"a process group is not a process": {identity: identity{PID: -self.PID, Start: self.Start}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tc.identity.alive(); got != tc.want {
				t.Errorf("alive() = %t, want %t", got, tc.want)
			}
		})
	}
}
