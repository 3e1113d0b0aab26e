// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// budget is what there may be, what there is as namespaces say, and what is reserved besides. Resources that hard does not
// name are not limited.
type budget struct {
	hard, charged, reserved Amounts
}

func (b *budget) isEmpty() bool {
	return b.hard == nil && len(b.charged) == 0 && len(b.reserved) == 0
}

// lacks returns what there is not enough of beside what is used, if of all resources there is so much more.
func (b *budget) lacks(used, more Amounts) []Shortage {
	var shortages []Shortage
	for _, name := range b.hard.names() {
		growth := more.of(name)
		if growth.Sign() <= 0 {
			continue // there is always enough, whatever the budget has come to be
		}
		before, hard := used.of(name), b.hard.of(name)
		sum := before.DeepCopy()
		if sum.Add(growth); sum.Cmp(hard) > 0 {
			shortages = append(shortages, Shortage{Resource: name, Asked: growth, Used: before, Hard: hard})
		}
	}
	return shortages
}

// Shortage is a resource of which there is not enough left for what was asked.
type Shortage struct {
	Resource corev1.ResourceName
	// Asked is how much more was asked for. Used is how much is granted, or about to be; it may be more than Hard.
	Asked, Used, Hard resource.Quantity
}

// Left is how much more there could be. It is never negative.
func (s Shortage) Left() resource.Quantity {
	left := s.Hard.DeepCopy()
	if left.Sub(s.Used); left.Sign() < 0 {
		return resource.Quantity{Format: left.Format}
	}
	return left
}

// String says what there is too little of, such as: requests.cpu: asked for 4, left 1 of 20.
func (s Shortage) String() string {
	left := s.Left()
	return fmt.Sprintf("%s: asked for %s, left %s of %s", s.Resource, s.Asked.String(), left.String(), s.Hard.String())
}

// ExceededError is the error of a claim for which a budget has too little left.
type ExceededError struct {
	// Account is whose budget it is. Empty, it is that of the cluster.
	Account string
	// Shortages are all that it lacks, by the names of the resources.
	Shortages []Shortage
	// Undecided says that there may be enough, if claims of others come to nothing on which is not decided yet.
	Undecided bool
}

// Error implements error.
func (e *ExceededError) Error() string {
	var lacks []string
	for _, s := range e.Shortages {
		lacks = append(lacks, s.String())
	}
	return fmt.Sprintf("exceeded quota of %s: %s", e.whose(), strings.Join(lacks, "; "))
}

func (e *ExceededError) whose() string {
	if e.Account == "" {
		return "the cluster"
	}
	return fmt.Sprintf("account %q", e.Account)
}
