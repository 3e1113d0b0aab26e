// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package quota

import (
	"fmt"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// node has 3920m, 15Gi and 100Gi - 1, and no GPUs.
func node() corev1.ResourceList {
	return list("cpu", "3920m", "memory", "15Gi", "ephemeral-storage", "107374182399", "pods", "110")
}

// list returns these pairs of resources and amounts.
func list(pairs ...string) corev1.ResourceList {
	amounts := corev1.ResourceList{}
	for i := 0; i < len(pairs); i += 2 {
		amounts[corev1.ResourceName(pairs[i])] = resource.MustParse(pairs[i+1])
	}
	return amounts
}

func TestOvercommit(t *testing.T) {
	gpus := node()
	gpus["nvidia.com/gpu"] = resource.MustParse("8")
	large := list("memory", "9223372036854775807", "pods", "9223372036854775807")
	for name, tc := range map[string]struct {
		resource corev1.ResourceName
		part     spaces.Percentage
		nodes    []corev1.ResourceList
		want     string
	}{
		"all of all nodes":           {resource: "requests.cpu", part: "100%", nodes: []corev1.ResourceList{node(), node(), node()}, want: "11760m"},
		"more than all":              {resource: "requests.cpu", part: "150%", nodes: []corev1.ResourceList{node()}, want: "5880m"},
		"a part of thousandths":      {resource: "limits.cpu", part: "33%", nodes: []corev1.ResourceList{node()}, want: "1293m"}, // and 0.6m
		"less than a thousandth":     {resource: "cpu", part: "99%", nodes: []corev1.ResourceList{list("cpu", "1m")}, want: "0"},
		"bytes are whole":            {resource: "requests.ephemeral-storage", part: "50%", nodes: []corev1.ResourceList{node()}, want: "53687091199"},
		"and binary":                 {resource: "requests.memory", part: "200%", nodes: []corev1.ResourceList{node()}, want: "30Gi"},
		"pods are whole":             {resource: "pods", part: "99%", nodes: []corev1.ResourceList{node()}, want: "108"},
		"devices":                    {resource: "requests.nvidia.com/gpu", part: "50%", nodes: []corev1.ResourceList{node(), gpus}, want: "4"},
		"what no node has":           {resource: "requests.nvidia.com/gpu", part: "100%", nodes: []corev1.ResourceList{node()}, want: "0"},
		"no nodes":                   {resource: "pods", part: "100%", want: "0"},
		"more than 64 bits, exactly": {resource: "pods", part: "100000%", nodes: []corev1.ResourceList{large, large}, want: "18446744073709551614k"},
		"of bytes, too":              {resource: "limits.memory", part: "101%", nodes: []corev1.ResourceList{large}, want: "9315605757223323565"},
		"what hardly anybody has":    {resource: "cpu", part: "150%", nodes: []corev1.ResourceList{list("cpu", "1n"), list("cpu", "999999n")}, want: "1m"},
		"a thousand millionths":      {resource: "cpu", part: "100%", nodes: []corev1.ResourceList{list("cpu", "1u"), list("cpu", "999u")}, want: "1m"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Overcommit(map[corev1.ResourceName]spaces.Percentage{tc.resource: tc.part}, tc.nodes...)
			if err != nil {
				t.Fatal(err)
			}
			amount := got[tc.resource]
			if diff := cmp.Diff(tc.want, amount.String()); diff != "" || len(got) != 1 {
				t.Errorf("%d resources; it is (-want +got):\n%s", len(got), diff)
			}
		})
	}
}

func TestOvercommitOfAll(t *testing.T) {
	nodes := []corev1.ResourceList{node(), node()}
	got, err := Overcommit(map[corev1.ResourceName]spaces.Percentage{"requests.cpu": "150%", "limits.cpu": "300%", "pods": "100%"}, nodes...)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(list("requests.cpu", "11760m", "limits.cpu", "23520m", "pods", "220"), got); diff != "" {
		t.Errorf("hard (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]corev1.ResourceList{node(), node()}, nodes); diff != "" {
		t.Errorf("the nodes have changed (-before +after):\n%s", diff)
	}
	if got, err := Overcommit(nil, nodes...); err != nil || len(got) != 0 {
		t.Errorf("without parts it is %v; error: %v", got, err)
	}
}

func TestOvercommitOfNothing(t *testing.T) {
	for name, tc := range map[string]struct {
		resource corev1.ResourceName
		part     spaces.Percentage
		want     string
	}{
		"no percentage":         {"pods", "150", `overcommit of pods: "150" is not a whole number from 1 to 100000 with a % behind it`},
		"no resource of a node": {"secrets", "150%", "overcommit of secrets: nodes do not have it"},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Overcommit(map[corev1.ResourceName]spaces.Percentage{tc.resource: tc.part}, node())
			if err == nil || err.Error() != tc.want || got != nil {
				t.Errorf("it is %v, error %v; want the error %s", got, err, tc.want)
			}
		})
	}
}

// FuzzOvercommit holds it against fractions of any size.
func FuzzOvercommit(f *testing.F) {
	f.Add(int64(3920), int64(1), int64(150), int8(-3))
	f.Add(int64(1<<62), int64(1<<62), int64(100000), int8(0))
	f.Add(int64(1), int64(99), int64(1), int8(-9))
	f.Add(int64(7), int64(0), int64(33), int8(15))
	f.Fuzz(func(t *testing.T, one, another, percent int64, scale int8) {
		if one < 0 || another < 0 || percent < 1 || percent > spaces.MaxPercent || scale < -9 || scale > 18 {
			t.Skip()
		}
		var nodes []corev1.ResourceList
		sum := new(big.Rat)
		for _, value := range []int64{one, another} {
			amount := *resource.NewScaledQuantity(value, resource.Scale(scale))
			nodes = append(nodes, corev1.ResourceList{"cpu": amount, "memory": amount})
			sum.Add(sum, rational(t, amount))
		}
		want := sum.Mul(sum, big.NewRat(percent, 100))
		part := spaces.Percentage(fmt.Sprintf("%d%%", percent))
		got, err := Overcommit(map[corev1.ResourceName]spaces.Percentage{"requests.cpu": part, "requests.memory": part}, nodes...)
		if err != nil {
			t.Fatal(err)
		}
		for name, perUnit := range map[corev1.ResourceName]int64{"requests.cpu": 1000, "requests.memory": 1} {
			units := new(big.Rat).Mul(want, big.NewRat(perUnit, 1))
			floor := new(big.Rat).SetInt(new(big.Int).Quo(units.Num(), units.Denom()))
			if have := new(big.Rat).Mul(rational(t, got[name]), big.NewRat(perUnit, 1)); have.Cmp(floor) != 0 {
				t.Errorf("%s is %v units, want %v", name, have, floor)
			}
		}
	})
}

func rational(t *testing.T, amount resource.Quantity) *big.Rat {
	t.Helper()
	copied := amount.DeepCopy()
	value, ok := new(big.Rat).SetString(copied.AsDec().String())
	if !ok {
		t.Fatalf("%v is no number", amount)
	}
	return value
}
