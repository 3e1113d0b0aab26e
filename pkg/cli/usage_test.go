// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestHelp(t *testing.T) {
	cases := map[string]struct {
		program  string
		args     []string
		wantLine string
	}{
		"of kubectl create space": {
			program: "kubectl-create-space",
			wantLine: "kubectl create space [NAME | --generate-name=PREFIX] [--account=NAME] [--ttl=DURATION] " +
				"[--template=NAME] [--parameter=NAME=VALUE] [--dry-run=server|client|none] [options]",
		},
		"of kubectl create spacetemplate": {
			program: "kubectl-create-spacetemplate",
			wantLine: "kubectl create spacetemplate NAME -f FILENAME [--parameter=NAME[:TYPE][=DEFAULT]] [--reapply] " +
				"[--dry-run=server|client|none] [options]",
		},
		"of kubectl space template": {
			program: "kubectl-space",
			args:    []string{"template"},
			wantLine: "kubectl space template NAME -f FILENAME [--parameter=NAME[:TYPE][=DEFAULT]] [--reapply] " +
				"[--dry-run=server|client|none] [options]",
		},
		"of kubectl space create": {
			program: "kubectl-space",
			args:    []string{"create"},
			wantLine: "kubectl space create [NAME | --generate-name=PREFIX] [--account=NAME] [--ttl=DURATION] " +
				"[--template=NAME] [--parameter=NAME=VALUE] [--dry-run=server|client|none] [options]",
		},
		"of kubectl space use": {
			program:  "kubectl-space",
			args:     []string{"use"},
			wantLine: "kubectl space use NAME [options]",
		},
		"of kubectl space describe": {
			program:  "kubectl-space",
			args:     []string{"describe"},
			wantLine: "kubectl space describe NAME [options]",
		},
		"of kubectl space renew": {
			program:  "kubectl-space",
			args:     []string{"renew"},
			wantLine: "kubectl space renew NAME [--ttl=DURATION] [--dry-run=server|client|none] [options]",
		},
		"of kubectl space top": {
			program:  "kubectl-space",
			args:     []string{"top"},
			wantLine: "kubectl space top [ACCOUNT...] [--limit=NUMBER] [--sort-by=RESOURCE] [-o json|yaml] [options]",
		},
		"of kubectl space": {
			program:  "kubectl-space",
			wantLine: "kubectl space COMMAND [options]",
		},
		"of kubectl space completion": {
			program:  "kubectl-space",
			args:     []string{"completion"},
			wantLine: "kubectl space completion COMMAND [options]",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := invoke(t, tc.program, append(tc.args, "-h")...)
			if got.code != 0 || got.errOut != "" {
				t.Fatalf("got %+v, want help", got)
			}
			if want := "\nUsage:\n  " + tc.wantLine + "\n\n" + globalOptionsHint + "\n"; !strings.HasSuffix(got.out, want) {
				t.Errorf("got\n%s\nwant at its end\n%s", got.out, want)
			}
			for _, unwanted := range []string{"--namespace", "--kubeconfig", "--help"} {
				if strings.Contains(got.out, unwanted) {
					t.Errorf("it tells of %s", unwanted)
				}
			}
		})
	}
}

func TestHelpTellsOfOptions(t *testing.T) {
	help := invoke(t, "kubectl-create-space", "-h").out
	_, options, found := strings.Cut(help, "\nOptions:\n")
	if !found {
		t.Fatalf("there are no options in\n%s", help)
	}
	var got []string
	for line := range strings.Lines(options) {
		if strings.HasPrefix(line, "    -") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	want := []string{
		"--account='':",
		"--allow-missing-template-keys=true:",
		"--dry-run='none':",
		"--field-manager='kubectl-create':",
		"--generate-name='':",
		"-o, --output='':",
		"--parameter=[]:",
		"--save-config=false:",
		"--show-managed-fields=false:",
		"--template='':",
		"--ttl='':",
		"--validate='strict':",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("unexpected options (-want +got):\n%s", diff)
	}
}

func TestHelpTellsOfCommands(t *testing.T) {
	help := invoke(t, "kubectl-space", "-h").out
	want := `
Available Commands:
  completion   Generate the autocompletion script for the specified shell
  create       Create a Space with the specified name
  describe     Show everything about a Space
  kubeconfig   Get a kubeconfig that reaches into one Space
  renew        Count the time of a Space from now on
  template     Make a template of Spaces from manifests, or change it
  top          Show how much of the budgets is spent, and by which Spaces
  use          Work in a Space: make it the namespace of the current context
`
	if !strings.Contains(help, want) {
		t.Errorf("got\n%s\nwant in it\n%s", help, want)
	}
}
