// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"errors"
	"strings"
	"testing"
)

func TestChooseBlockReserves(t *testing.T) {
	taken := map[int]bool{}
	for range 5 {
		block, err := chooseBlock()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(block.release)
		if taken[block.base] {
			t.Errorf("Block %d was given twice", block.base)
		}
		taken[block.base] = true
		if isFree(block.base + reservationPort) {
			t.Errorf("Nothing reserves block %d", block.base)
		}
	}
}

func TestReplicasHaveTheirOwnPorts(t *testing.T) {
	block := portBlock{base: 1000}
	seen := map[int]bool{block.base + kubeAPIServerPort: true, block.base + reservationPort: true}
	for replica := range maxReplicas {
		port := block.spaces(replica)
		if seen[port] || port < block.base || port >= block.base+portsPerControlPlane {
			t.Errorf("Replica %d has port %d, which is taken or outside the block", replica, port)
		}
		seen[port] = true
	}
}

func TestCheckFreeNamesTheTakenPort(t *testing.T) {
	block, err := chooseBlock()
	if err != nil {
		t.Fatal(err)
	}
	defer block.release()
	listener, err := listen(block.base + 1)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if err := checkFree("etcd", []int{block.base}); err != nil {
		t.Errorf("checkFree() = %v for a free port", err)
	}
	err = checkFree("etcd", []int{block.base, block.base + 1})
	if !errors.Is(err, ErrPortTaken) || !strings.Contains(err.Error(), "etcd needs "+address(block.base+1)) {
		t.Errorf("checkFree() = %v, want one that names etcd and its port", err)
	}
}
