// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package docs

import (
	"context"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/tools/clientcmd"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
	"tenancy.example.io/spaces/test/controlplane"
)

// people have a kubeconfig. Whoever holds the lock of one has all of that person's Spaces. The administrator sees
// everything all the time, and can be in several documents.
var people = map[string]*sync.Mutex{
	controlplane.Admin: nil, controlplane.Alice: {}, controlplane.Bob: {}, controlplane.Eve: {},
}

// kubectl is that of the control plane's version. "make up" may have put that of another one into shared.Bin.
const kubectl = "kubectl"

// stage is where a document plays: a directory that looks like the project after "make up", and terminals.
type stage struct {
	dir       string
	terminals map[string]*terminal
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{dir: t.TempDir(), terminals: map[string]*terminal{}}
	check(t, os.MkdirAll(s.bin(), 0o755))
	programs, err := os.ReadDir(shared.Bin)
	check(t, err)
	for _, program := range programs {
		if program.Name() != kubectl {
			check(t, os.Symlink(filepath.Join(shared.Bin, program.Name()), filepath.Join(s.bin(), program.Name())))
		}
	}
	check(t, os.Symlink(shared.Kubectl(), filepath.Join(s.bin(), kubectl)))
	check(t, os.MkdirAll(filepath.Dir(s.kubeconfig("")), 0o755))
	return s
}

func (s *stage) bin() string { return filepath.Join(s.dir, "_output", "bin") }

func (s *stage) kubeconfig(person string) string {
	return filepath.Join(s.dir, "_output", "local", person+".kubeconfig")
}

// enter gives a person a terminal, as soon as no other document has that person.
func (s *stage) enter(t *testing.T, person string) {
	t.Helper()
	lock, ok := people[person]
	if !ok {
		t.Fatalf("There is nobody called %q", person)
	}
	if lock != nil {
		lock.Lock()
		t.Cleanup(lock.Unlock)
	}
	kubeconfig, err := os.ReadFile(shared.Kubeconfig(person))
	check(t, err)
	check(t, os.WriteFile(s.kubeconfig(person), kubeconfig, 0o600))
	home := filepath.Join(s.dir, "home", person)
	check(t, os.MkdirAll(home, 0o755))
	s.terminals[person] = open(t, s.dir,
		"PATH="+s.bin()+":/usr/bin:/bin",
		"KUBECONFIG="+s.kubeconfig(person),
		"HOME="+home,
		"LC_ALL=C",
	)
}

// clear leaves nothing behind. A document should have deleted all that it has created.
func (s *stage) clear(t *testing.T) {
	t.Helper()
	for person := range s.terminals {
		if people[person] == nil {
			continue
		}
		config, err := clientcmd.BuildConfigFromFlags("", shared.Kubeconfig(person))
		check(t, err)
		clearSpaces(t, person, cluster.ClientsFor(t, config))
	}
}

// clearSpaces returns when the person does not see any Space.
func clearSpaces(t *testing.T, person string, clients cluster.Clients) {
	t.Helper()
	spaces := clients.Spaces.SpacesV1alpha1().Spaces()
	err := wait.PollUntilContextTimeout(t.Context(), 100*time.Millisecond, patience, true, func(ctx context.Context) (bool, error) {
		list, err := spaces.List(ctx, metav1.ListOptions{})
		if err != nil {
			return false, err
		}
		for i := range list.Items {
			if space := &list.Items[i]; space.Status.Phase != v1alpha1.SpaceTerminating {
				t.Errorf("%s has still the Space %s", person, space.Name)
				if err := spaces.Delete(ctx, space.Name, metav1.DeleteOptions{}); err != nil {
					return false, err
				}
			}
		}
		return len(list.Items) == 0, nil
	})
	if err != nil {
		t.Errorf("waiting until %s sees no Space: %v", person, err)
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
