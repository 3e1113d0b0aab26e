// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestContact(t *testing.T) {
	const path = "metadata.annotations[spaces.tenancy.example.io/contact]: "
	const wantPrintable = path + "Invalid value: must be of printable characters: one line, and no tabs"
	for name, tc := range map[string]struct {
		text, old string
		want      []string
	}{
		"nobody":                      {},
		"an address":                  {text: "sre@example.org"},
		"a sentence":                  {text: "Fragen Sie bitte Jürgen (☎ 42), 或者问我"},
		"as much as goes":             {text: strings.Repeat("ü", 256)},
		"more than goes":              {text: strings.Repeat("ü", 257), want: []string{path + "Too long: it has 257 characters, and 256 are allowed"}},
		"a line that ends":            {text: "sre\n", want: []string{wantPrintable}},
		"a tab":                       {text: "sre\tme", want: []string{wantPrintable}},
		"what moves the cursor":       {text: "sre\x1b[2J", want: []string{wantPrintable}},
		"what turns the text":         {text: "sre\u202egro", want: []string{wantPrintable}},
		"what was before may stay":    {old: "a\nb", text: "a\nb"},
		"what was before may go":      {old: "a\nb"},
		"what was before, but longer": {old: "a\nb", text: "a\nb\n", want: []string{wantPrintable}},
	} {
		t.Run(name, func(t *testing.T) {
			expectErrors(t, tc.want, validateContact(&metav1.ObjectMeta{Annotations: contact(tc.text)}, &metav1.ObjectMeta{Annotations: contact(tc.old)}))
		})
	}
}

// Of the keys of the platform, exactly the contact may be set, and not on everything.
func TestContactIsTheOnlyFreeKey(t *testing.T) {
	forbidden := func(field string) []string {
		return []string{field + "]: Forbidden: keys that start with \"spaces.tenancy.example.io/\" are set by the platform only"}
	}
	const key = "spaces.tenancy.example.io/contact"
	for name, tc := range map[string]struct {
		kind kind
		meta metav1.ObjectMeta
		want []string
	}{
		"an account has one":           {kind: accountKind, meta: metav1.ObjectMeta{Annotations: contact("me")}},
		"the ClusterQuota has one":     {kind: clusterQuotaKind, meta: metav1.ObjectMeta{Annotations: contact("me")}},
		"a Space has none":             {kind: spaceKind, meta: metav1.ObjectMeta{Annotations: contact("me")}, want: forbidden("metadata.annotations[" + key)},
		"a template has none":          {kind: spaceTemplateKind, meta: metav1.ObjectMeta{Annotations: contact("me")}, want: forbidden("metadata.annotations[" + key)},
		"a label is none":              {kind: accountKind, meta: metav1.ObjectMeta{Labels: contact("me")}, want: forbidden("metadata.labels[" + key)},
		"it is written in one way":     {kind: accountKind, meta: metav1.ObjectMeta{Annotations: map[string]string{"spaces.tenancy.example.io/Contact": "me"}}, want: forbidden("metadata.annotations[spaces.tenancy.example.io/Contact")},
		"no other key is free":         {kind: accountKind, meta: metav1.ObjectMeta{Annotations: map[string]string{key + "s": "me"}}, want: forbidden("metadata.annotations[" + key + "s")},
		"there is no free key of \"\"": {kind: spaceKind, meta: metav1.ObjectMeta{Annotations: map[string]string{"spaces.tenancy.example.io/": "me"}}, want: forbidden("metadata.annotations[spaces.tenancy.example.io/")},
	} {
		t.Run(name, func(t *testing.T) {
			expectErrors(t, tc.want, tc.kind.validateOwnRules(&tc.meta, &metav1.ObjectMeta{}))
		})
	}
}
