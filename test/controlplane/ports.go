// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package controlplane

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

const loopback = "127.0.0.1"

// The ports of a control plane, counted from its base.
const (
	kubeAPIServerPort = iota
	spacesPort
	etcdPort
	etcdPeerPort
	controllerManagerPort
	// reservationPort is held by us alone. It keeps others from choosing the same block.
	reservationPort
	replicaPort
	portsPerControlPlane = 20
)

// maxReplicas is how many servers of ours have a port in the block.
const maxReplicas = portsPerControlPlane - replicaPort + 1

// Blocks are chosen below the ports that the kernel gives to outgoing connections.
const (
	firstBlock = 20000
	blocks     = 600
)

// ErrPortTaken says that a control plane cannot have the ports it was given.
var ErrPortTaken = errors.New("another program listens there")

// portBlock is the ports of one control plane.
type portBlock struct {
	base        int
	reservation net.Listener
}

// spaces is the port of our server's replica, counted from 0.
func (b portBlock) spaces(replica int) int {
	if replica == 0 {
		return b.base + spacesPort
	}
	return b.base + replicaPort + replica - 1
}

func (b portBlock) release() {
	if b.reservation != nil {
		_ = b.reservation.Close()
	}
}

// chooseBlock reserves a block of which every port is free. Processes that choose at the same time get different ones.
func chooseBlock() (portBlock, error) {
	first := rand.IntN(blocks)
	for i := range blocks {
		base := firstBlock + (first+i)%blocks*portsPerControlPlane
		reservation, err := listen(base + reservationPort)
		if err != nil {
			continue
		}
		block := portBlock{base: base, reservation: reservation}
		if block.free() {
			return block, nil
		}
		reservation.Close()
	}
	return portBlock{}, errors.New("no block of free ports left")
}

func (b portBlock) free() bool {
	for offset := range portsPerControlPlane {
		if offset != reservationPort && !isFree(b.base+offset) {
			return false
		}
	}
	return true
}

// checkFree names the first port that is taken.
func checkFree(process string, ports []int) error {
	for _, port := range ports {
		if !isFree(port) {
			return fmt.Errorf("%s needs %s: %w", process, address(port), ErrPortTaken)
		}
	}
	return nil
}

func isFree(port int) bool {
	listener, err := listen(port)
	if err != nil {
		return false
	}
	return listener.Close() == nil
}

func listen(port int) (net.Listener, error) {
	return net.ListenTCP("tcp", &net.TCPAddr{IP: net.ParseIP(loopback), Port: port})
}

func address(port int) string {
	return net.JoinHostPort(loopback, strconv.Itoa(port))
}
