// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"slices"
	"strings"
	"testing"
)

func TestResolve(t *testing.T) {
	cases := map[string]struct {
		args        []string
		wantProgram string
		wantArgs    []string
	}{
		"the plugin": {
			args:        []string{"/usr/local/bin/kubectl-space", "use", "dev"},
			wantProgram: "kubectl-space",
			wantArgs:    []string{"use", "dev"},
		},
		"the plugin of kubectl create": {
			args:        []string{"kubectl-create-space", "dev"},
			wantProgram: "kubectl-create-space",
			wantArgs:    []string{"dev"},
		},
		"the plugin for templates of kubectl create": {
			args:        []string{"kubectl-create-spacetemplate", "small"},
			wantProgram: "kubectl-create-spacetemplate",
			wantArgs:    []string{"small"},
		},
		"the plugin with the ending of a program": {
			args:        []string{"kubectl-create-space.exe"},
			wantProgram: "kubectl-create-space",
		},
		"the completion of the plugin": {
			args:        []string{"bin/kubectl_complete-space", "use", ""},
			wantProgram: "kubectl-space",
			wantArgs:    []string{"__complete", "use", ""},
		},
		"the completion of the plugin of kubectl create": {
			args:        []string{"kubectl_complete-create-space", "--dry-run="},
			wantProgram: "kubectl-create-space",
			wantArgs:    []string{"__complete", "--dry-run="},
		},
		"nothing": {},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			program, args := resolve(tc.args)
			if program != tc.wantProgram || !slices.Equal(args, tc.wantArgs) {
				t.Errorf("got %q with %q, want %q with %q", program, args, tc.wantProgram, tc.wantArgs)
			}
		})
	}
}

func TestNames(t *testing.T) {
	cases := map[string]struct {
		program string
		args    []string
		want    result
	}{
		"the plugin creates": {
			program: "kubectl-space",
			args:    []string{"create", "dev", "--dry-run=client"},
			want:    success("space.spaces.tenancy.example.io/dev created (dry run)\n"),
		},
		"the plugin is called by any other name": {
			program: "spaces-plugin",
			args:    []string{"create", "dev", "--dry-run=client"},
			want:    success("space.spaces.tenancy.example.io/dev created (dry run)\n"),
		},
		"the plugin of kubectl create creates": {
			program: "kubectl-create-space",
			args:    []string{"dev", "--dry-run=client"},
			want:    success("space.spaces.tenancy.example.io/dev created (dry run)\n"),
		},
		"the plugin of kubectl create takes every word for a name": {
			program: "kubectl-create-space",
			args:    []string{"help", "--dry-run=client"},
			want:    success("space.spaces.tenancy.example.io/help created (dry run)\n"),
		},
		"the plugin for templates of kubectl create takes every word for a name": {
			program: "kubectl-create-spacetemplate",
			args:    []string{"help"},
			want: failure("error: must specify -f\n" +
				"See 'kubectl create spacetemplate -h' for help and examples\n"),
		},
		"options may have underscores and a meaningless namespace": {
			program: "kubectl-create-space",
			args:    []string{"dev", "--dry_run=client", "-n", "other"},
			want:    success("space.spaces.tenancy.example.io/dev created (dry run)\n"),
		},
		"an unknown command": {
			program: "kubectl-space",
			args:    []string{"usee"},
			want: failure(`error: unknown command "usee" for "kubectl space"` + "\n\n" +
				"Did you mean this?\n\tuse\n"),
		},
		"an unknown option": {
			program: "kubectl-space",
			args:    []string{"use", "--colour"},
			want:    failure("error: unknown flag: --colour\nSee 'kubectl space use --help' for usage.\n"),
		},
		"a usage error of a command": {
			program: "kubectl-space",
			args:    []string{"create"},
			want: failure("error: exactly one NAME is required, got 0\n" +
				"See 'kubectl space create -h' for help and examples\n"),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := invoke(t, tc.program, tc.args...); got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
}

func TestWithoutACommandHelpIsAnError(t *testing.T) {
	asked := invoke(t, "kubectl-space", "--help")
	if asked.code != 0 || asked.out == "" || asked.errOut != "" {
		t.Errorf("got %+v, want help", asked)
	}
	if got := invoke(t, "kubectl-space"); got != failure(asked.out) {
		t.Errorf("got %+v, want failure with %q", got, asked.out)
	}
}

func TestShellScripts(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		t.Run(shell, func(t *testing.T) {
			got := invoke(t, "kubectl-space", "completion", shell)
			if got.code != 0 || got.errOut != "" {
				t.Fatalf("got %+v, want a script", got)
			}
			for _, want := range []string{"kubectl-space", "__complete"} {
				if !strings.Contains(got.out, want) {
					t.Errorf("the script says nothing of %s", want)
				}
			}
		})
	}
}
