// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"bytes"
	"slices"
	"testing"
)

func TestParseDryRun(t *testing.T) {
	cases := map[string]struct {
		value       string
		want        dryRun
		wantWarning string
		wantError   string
	}{
		"none":   {value: "none", want: dryRunNone},
		"client": {value: "client", want: dryRunClient},
		"server": {value: "server", want: dryRunServer},
		"no value": {
			value:       "unchanged",
			want:        dryRunClient,
			wantWarning: "Warning: --dry-run is deprecated and can be replaced with --dry-run=client.\n",
		},
		"true": {
			value: "true",
			want:  dryRunClient,
			wantWarning: "Warning: --dry-run=true is deprecated (boolean value) and can be replaced with " +
				"--dry-run=client.\n",
		},
		"false": {
			value: "false",
			want:  dryRunNone,
			wantWarning: "Warning: --dry-run=false is deprecated (boolean value) and can be replaced with " +
				"--dry-run=none.\n",
		},
		"anything else": {
			value:     "Client",
			wantError: `invalid dry-run value (Client), must be "none", "server", or "client"`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var warning bytes.Buffer
			got, err := parseDryRun(tc.value, &warning)
			if got != tc.want || warning.String() != tc.wantWarning {
				t.Errorf("got %v with warning %q, want %v with warning %q", got, warning.String(), tc.want, tc.wantWarning)
			}
			if errorText(err) != tc.wantError {
				t.Errorf("got error %v, want %q", err, tc.wantError)
			}
		})
	}
}

func TestDryRun(t *testing.T) {
	cases := map[string]struct {
		dryRun       dryRun
		wantServer   []string
		wantTemplate string
	}{
		"none":      {dryRun: dryRunNone, wantTemplate: "%s"},
		"on client": {dryRun: dryRunClient, wantTemplate: "%s (dry run)"},
		"on server": {dryRun: dryRunServer, wantServer: []string{"All"}, wantTemplate: "%s (server dry run)"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if got := tc.dryRun.server(); !slices.Equal(got, tc.wantServer) {
				t.Errorf("the server is told %v, want %v", got, tc.wantServer)
			}
			if got := tc.dryRun.successTemplate(); got != tc.wantTemplate {
				t.Errorf("success reads %q, want %q", got, tc.wantTemplate)
			}
		})
	}
}

// errorText returns the text of an error, and nothing for none.
func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
