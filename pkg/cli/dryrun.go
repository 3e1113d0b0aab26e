// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/pflag"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	dryRunFlag = "dry-run"
	// dryRunUnchanged is what --dry-run without a value means. It says client, but nobody should say it any more.
	dryRunUnchanged = "unchanged"
)

// dryRun is how far a write goes.
type dryRun int

const (
	// dryRunNone is a write like any other.
	dryRunNone dryRun = iota
	// dryRunClient asks no server.
	dryRunClient
	// dryRunServer asks the server to do everything but keep the object.
	dryRunServer
)

func addDryRunFlag(flags *pflag.FlagSet, value *string) {
	flags.StringVar(value, dryRunFlag, "none", `Must be "none", "server", or "client". If client strategy, only print `+
		`the object that would be sent, without sending it. If server strategy, submit server-side request without `+
		`persisting the resource.`)
	flags.Lookup(dryRunFlag).NoOptDefVal = dryRunUnchanged
}

// parseDryRun reads a value of --dry-run. The old ones still work, with a warning on errOut.
func parseDryRun(value string, errOut io.Writer) (dryRun, error) {
	switch value {
	case "none":
		return dryRunNone, nil
	case "client":
		return dryRunClient, nil
	case "server":
		return dryRunServer, nil
	case dryRunUnchanged:
		fmt.Fprintln(errOut, "Warning: --dry-run is deprecated and can be replaced with --dry-run=client.")
		return dryRunClient, nil
	}
	wanted, err := strconv.ParseBool(value)
	if err != nil {
		return dryRunNone, fmt.Errorf(`invalid dry-run value (%s), must be "none", "server", or "client"`, value)
	}
	strategy, replacement := dryRunNone, "none"
	if wanted {
		strategy, replacement = dryRunClient, "client"
	}
	fmt.Fprintf(errOut, "Warning: --dry-run=%s is deprecated (boolean value) and can be replaced with --dry-run=%s.\n",
		value, replacement)
	return strategy, nil
}

// successTemplate is how a message of success reads, given the message of a write that is none of this.
func (d dryRun) successTemplate() string {
	switch d {
	case dryRunClient:
		return "%s (dry run)"
	case dryRunServer:
		return "%s (server dry run)"
	default:
		return "%s"
	}
}

// server is what the server is told.
func (d dryRun) server() []string {
	if d == dryRunServer {
		return []string{metav1.DryRunAll}
	}
	return nil
}
