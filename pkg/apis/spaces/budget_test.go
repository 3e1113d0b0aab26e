// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spaces

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestPercentageValue(t *testing.T) {
	for name, tc := range map[string]struct {
		texts   []Percentage
		want    int64
		wantErr bool
	}{
		"a part":             {texts: []Percentage{"50%"}, want: 50},
		"more than all":      {texts: []Percentage{"150%"}, want: 150},
		"the smallest":       {texts: []Percentage{"1%"}, want: 1},
		"the largest":        {texts: []Percentage{"100000%"}, want: 100000},
		"what is too much":   {texts: []Percentage{"100001%", "99999999999999999999%"}, wantErr: true},
		"what is too little": {texts: []Percentage{"0%", "-1%"}, wantErr: true},
		"no number":          {texts: []Percentage{"", "%", "x%", "1e2%", "0x1%"}, wantErr: true},
		"a fraction":         {texts: []Percentage{"1.5%"}, wantErr: true},
		"another way":        {texts: []Percentage{"+5%", "005%", "5 %", " 5%", "5%%", "1_0%"}, wantErr: true},
		"no sign":            {texts: []Percentage{"150", "1.5"}, wantErr: true},
	} {
		t.Run(name, func(t *testing.T) {
			for _, text := range tc.texts {
				got, err := text.Value()
				if got != tc.want || (err != nil) != tc.wantErr {
					t.Errorf("%q is %d, want %d; error: %v", text, got, tc.want, err)
				}
			}
		})
	}
}

// There is one text for each percentage.
func FuzzPercentageValue(f *testing.F) {
	for _, text := range []string{"150%", "0%", "1", "%", "100001%", "01%"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		value, err := Percentage(text).Value()
		if again := fmt.Sprintf("%d%%", value); (err == nil) != (value > 0) || (err == nil && again != text) {
			t.Errorf("%q is %d, which is %q; error: %v", text, value, again, err)
		}
	})
}

func TestNodeResource(t *testing.T) {
	for name, want := range map[corev1.ResourceName]corev1.ResourceName{
		"cpu":                        "cpu",
		"requests.cpu":               "cpu",
		"limits.cpu":                 "cpu",
		"memory":                     "memory",
		"requests.memory":            "memory",
		"limits.memory":              "memory",
		"ephemeral-storage":          "ephemeral-storage",
		"requests.ephemeral-storage": "ephemeral-storage",
		"limits.ephemeral-storage":   "ephemeral-storage",
		"pods":                       "pods",
		"hugepages-2Mi":              "hugepages-2Mi",
		"requests.hugepages-1Gi":     "hugepages-1Gi",
		"requests.nvidia.com/gpu":    "nvidia.com/gpu",
		"spaces":                     "",
		"requests.pods":              "",
		"requests.limits.cpu":        "",
		"limits.requests.cpu":        "",
		"requests.storage":           "",
		"limits.hugepages-2Mi":       "",
		"limits.nvidia.com/gpu":      "",
		"nvidia.com/gpu":             "",
		"count/pods":                 "",
		"services":                   "",
		"gold.storageclass.storage.k8s.io/requests.storage": "",
	} {
		t.Run(string(name), func(t *testing.T) {
			if got, ok := NodeResource(name); ok != (want != "") || (ok && got != want) {
				t.Errorf("it is %q (%v), want %q", got, ok, want)
			}
		})
	}
}
