// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package storm

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	"tenancy.example.io/spaces/test/cluster"
)

// outcome is what a request has come to.
type outcome int

const (
	granted outcome = iota
	refused
	failed // for another reason, which may be
)

// answer is what a request for a Space was answered.
type answer struct {
	name     string
	asked    charge
	outcome  outcome
	revision uint64
	from, to time.Time
	// calm tells that the replica was in no trouble meanwhile.
	calm bool
	new  bool
	text string
}

// ledgers of answers, which many workers write.
type answers struct {
	lock   sync.Mutex
	all    []answer
	wrong  []string
	counts map[string]int
}

func (a *answers) add(one answer) {
	a.lock.Lock()
	defer a.lock.Unlock()
	a.all = append(a.all, one)
}

func (a *answers) count(what string) {
	a.lock.Lock()
	defer a.lock.Unlock()
	a.counts[what]++
}

func (a *answers) complain(format string, args ...any) {
	a.lock.Lock()
	defer a.lock.Unlock()
	a.wrong = append(a.wrong, fmt.Sprintf(format, args...))
}

// worker creates, changes and deletes Spaces of its own, one at a time.
type worker struct {
	number int
	dice   *rand.Rand
	stage  *stage
	told   *answers
	next   int
	own    []string
	homes  map[string]string
}

// requestTimeout is how long a worker waits for an answer: a stopped replica may never give one.
const requestTimeout = 25 * time.Second

// pace is how far apart the requests of a worker are, at most.
const pace = 400 * time.Millisecond

func (w *worker) work(ctx context.Context) {
	for sleep(ctx, rand.N(pace)) {
		one := w.stage.replicas[w.dice.IntN(len(w.stage.replicas))]
		asking, cancel := context.WithTimeout(ctx, requestTimeout)
		switch n := w.dice.IntN(20); {
		case len(w.own) == 0 || n < 9:
			w.create(asking, one)
		case n < 13:
			w.resize(asking, one)
		case n < 14:
			w.move(asking, one)
		default:
			w.delete(asking, one, n == 19)
		}
		cancel()
	}
}

func (w *worker) cpu() int64 { return int64(w.dice.IntN(9)) * 500 }

func limits(cpu int64) *v1alpha1.Quota {
	return &v1alpha1.Quota{Hard: corev1.ResourceList{corev1.ResourceRequestsCPU: *resource.NewMilliQuantity(cpu, resource.DecimalSI)}}
}

func (w *worker) create(ctx context.Context, by *replica) {
	w.next++
	one := answer{name: fmt.Sprintf("storm-%d-%d", w.number, w.next), asked: charge{accounts[w.dice.IntN(len(accounts))], w.cpu()}, new: true}
	space := &v1alpha1.Space{ObjectMeta: metav1.ObjectMeta{Name: one.name}, Spec: v1alpha1.SpaceSpec{Account: one.asked.account, Quota: limits(one.asked.cpu)}}
	got := w.ask(by, one, func(as cluster.Clients) (*v1alpha1.Space, error) {
		return as.Spaces.SpacesV1alpha1().Spaces().Create(ctx, space, metav1.CreateOptions{})
	})
	if got.outcome != refused { // if nobody knows, it may be there
		w.own = append(w.own, one.name)
		w.homes[one.name] = one.asked.account
	}
}

func (w *worker) pick() string { return w.own[w.dice.IntN(len(w.own))] }

func (w *worker) resize(ctx context.Context, by *replica) {
	name, cpu := w.pick(), w.cpu()
	patch := fmt.Appendf(nil, `{"spec":{"quota":{"hard":{"requests.cpu":"%dm"}}}}`, cpu)
	w.ask(by, answer{name: name, asked: charge{w.homes[name], cpu}}, func(as cluster.Clients) (*v1alpha1.Space, error) {
		return as.Spaces.SpacesV1alpha1().Spaces().Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{})
	})
}

// move takes a Space to another account, and gives it another size.
func (w *worker) move(ctx context.Context, by *replica) {
	name, cpu, account := w.pick(), w.cpu(), accounts[w.dice.IntN(len(accounts))]
	patch := fmt.Appendf(nil, `{"spec":{"account":%q,"quota":{"hard":{"requests.cpu":"%dm"}}}}`, account, cpu)
	got := w.ask(by, answer{name: name, asked: charge{account, cpu}}, func(as cluster.Clients) (*v1alpha1.Space, error) {
		return as.Spaces.SpacesV1alpha1().Spaces().Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{})
	})
	switch got.outcome {
	case granted:
		w.homes[name] = account
	case refused:
	case failed:
		w.forget(name) // nobody knows whose it is
		w.told.count("lost sight of")
	}
}

func (w *worker) delete(ctx context.Context, by *replica, directly bool) {
	name := w.pick()
	var err error
	if directly {
		err = w.stage.admin.Kube.CoreV1().Namespaces().Delete(ctx, name, metav1.DeleteOptions{})
	} else {
		err = by.tenant.Spaces.SpacesV1alpha1().Spaces().Delete(ctx, name, metav1.DeleteOptions{})
	}
	if err == nil || apierrors.IsNotFound(err) {
		w.forget(name)
		w.told.count("deleted")
		return
	}
	w.excuse("delete", err)
}

func (w *worker) forget(name string) {
	w.own = slices.DeleteFunc(w.own, func(own string) bool { return own == name })
	delete(w.homes, name)
}

// ask sends a request, and notes what was answered.
func (w *worker) ask(by *replica, one answer, request func(cluster.Clients) (*v1alpha1.Space, error)) answer {
	mark := by.trouble.mark()
	one.from = time.Now()
	space, err := request(by.tenant)
	one.to = time.Now()
	one.calm = by.trouble.none(mark)
	switch {
	case err == nil:
		one.outcome = granted
		one.revision, _ = strconv.ParseUint(space.ResourceVersion, 10, 64)
	case apierrors.IsForbidden(err) && strings.Contains(err.Error(), "exceeded quota of "):
		one.outcome, one.text = refused, err.Error()
	default:
		one.outcome = failed
		w.excuse("write", err)
	}
	w.told.add(one)
	return one
}

// excuse notes an error that may be, and complains of one that may not.
func (w *worker) excuse(what string, err error) {
	var network net.Error
	var at *url.Error
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.As(err, &network), errors.As(err, &at):
		w.told.count(what + ": the replica was gone")
	case apierrors.IsConflict(err), apierrors.IsNotFound(err), apierrors.IsAlreadyExists(err),
		apierrors.IsServiceUnavailable(err), apierrors.IsTooManyRequests(err), apierrors.IsTimeout(err), apierrors.IsServerTimeout(err):
		w.told.count(what + ": " + string(apierrors.ReasonForError(err)))
	default:
		w.told.complain("%s: %v", what, err)
	}
}
