// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/cert"
)

func TestFailedStartSaysWhichProgram(t *testing.T) {
	bin := t.TempDir()
	writeScript(t, filepath.Join(bin, etcdProgram), "echo 'the disk is on fire' >&2; exit 1")
	var out bytes.Buffer
	dir := t.TempDir()
	_, err := Start(t.Context(), Options{Dir: dir, BinDir: bin, Out: &out})
	var failed *StartError
	if !errors.As(err, &failed) || failed.Process != etcdProgram {
		t.Fatalf("Start() = %v, want that etcd did not start", err)
	}
	if !strings.Contains(err.Error(), "the disk is on fire") {
		t.Errorf("Start() = %v, want what etcd had to say", err)
	}
	if names, err := recordedNames(dir); err != nil || len(names) > 0 {
		t.Errorf("There are pid files of %v, %v", names, err)
	}
}

func TestStartNeedsItsPrograms(t *testing.T) {
	_, err := Start(t.Context(), Options{Dir: t.TempDir(), BinDir: t.TempDir()})
	if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), etcdProgram) {
		t.Errorf("Start() = %v, want that there is no etcd", err)
	}
}

func TestStateBelongsToOneVersion(t *testing.T) {
	dir := t.TempDir()
	first, err := Options{Dir: dir, Version: "1.35.4"}.complete()
	if err != nil {
		t.Fatal(err)
	}
	if err := first.claimVersion(); err != nil {
		t.Fatal(err)
	}
	if _, err := (Options{Dir: dir, Version: "v1.35.4"}).complete(); err != nil {
		t.Errorf("complete() = %v for the same version", err)
	}
	if _, err := (Options{Dir: dir}).complete(); err == nil || !strings.Contains(err.Error(), "v1.35.4") {
		t.Errorf("complete() = %v, want an error that names v1.35.4", err)
	}
}

func prepared(t *testing.T) *ControlPlane {
	t.Helper()
	o, err := Options{Dir: t.TempDir(), BinDir: t.TempDir(), PortBase: 1000}.complete()
	if err != nil {
		t.Fatal(err)
	}
	c, err := newControlPlane(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// subject is the user and the groups that a client is taken for.
func subject(t *testing.T, config *rest.Config) (string, []string) {
	t.Helper()
	certificates, err := cert.ParseCertsPEM(config.CertData)
	if err != nil {
		t.Fatal(err)
	}
	return certificates[0].Subject.CommonName, certificates[0].Subject.Organization
}

func TestKubeconfigs(t *testing.T) {
	c := prepared(t)
	tests := map[string]struct {
		wantUser   string
		wantGroups []string
	}{
		Admin: {wantUser: "admin", wantGroups: []string{"system:masters"}},
		Alice: {wantUser: "alice", wantGroups: []string{"devs"}},
		Bob:   {wantUser: "bob", wantGroups: []string{"ops"}},
		Eve:   {wantUser: "eve"},
		spacesUser: {
			wantUser:   "system:serviceaccount:spaces-system:spaces-apiserver",
			wantGroups: []string{"system:serviceaccounts", "system:serviceaccounts:spaces-system"},
		},
	}
	for user, tc := range tests {
		t.Run(user, func(t *testing.T) {
			config, err := clientcmd.BuildConfigFromFlags("", c.Kubeconfig(user))
			if err != nil {
				t.Fatal(err)
			}
			if config.Host != "https://127.0.0.1:1000" {
				t.Errorf("The server is %s", config.Host)
			}
			gotUser, gotGroups := subject(t, config)
			if gotUser != tc.wantUser {
				t.Errorf("The user is %s, want %s", gotUser, tc.wantUser)
			}
			if diff := cmp.Diff(tc.wantGroups, gotGroups); diff != "" {
				t.Errorf("Wrong groups (-want +got):\n%s", diff)
			}
		})
	}
}

func TestUserConfig(t *testing.T) {
	config, err := prepared(t).UserConfig("carol", "a", "b")
	if err != nil {
		t.Fatal(err)
	}
	user, groups := subject(t, config)
	if diff := cmp.Diff([]string{"carol", "a", "b"}, append([]string{user}, groups...)); diff != "" {
		t.Errorf("Wrong user and groups (-want +got):\n%s", diff)
	}
}

func TestOverlayNamesPortAndAuthority(t *testing.T) {
	c := prepared(t)
	dir := filepath.Join(c.Dir(), "manifests")
	if err := c.writeOverlay(dir); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(filepath.Join(dir, "kustomization.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"path: /spec/service/port, value: 1001}", "path: /spec/caBundle, value: LS0t"} {
		if !strings.Contains(string(content), want) {
			t.Errorf("%q is not in\n%s", want, content)
		}
	}
}
