// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package fuzzer fills objects of the API group spaces.tenancy.example.io with random values that are allowed in them.
package fuzzer

import (
	"fmt"
	"time"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	runtimeserializer "k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/randfill"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// Funcs returns the functions that fill the hub types of the group.
func Funcs(_ runtimeserializer.CodecFactory) []any {
	return []any{fillDuration, fillPhase, fillPodSecurity, fillSubject, fillManifest, fillParameterType, fillPercentage}
}

// fillDuration writes a duration in one of the ways that people do, the normalised one of the standard library included.
func fillDuration(d *spaces.Duration, c randfill.Continue) {
	texts := []string{"0", "0s", "90s", "1h30m", "2h", "2h0m0s", "87600h", time.Duration(c.Int63()).String()}
	*d = spaces.Duration(texts[c.Intn(len(texts))])
}

func fillPhase(p *spaces.SpacePhase, c randfill.Continue) {
	phases := []spaces.SpacePhase{"", spaces.SpaceProvisioning, spaces.SpaceActive, spaces.SpaceTerminating}
	*p = phases[c.Intn(len(phases))]
}

func fillPodSecurity(l *spaces.PodSecurityLevel, c randfill.Continue) {
	levels := []spaces.PodSecurityLevel{"", spaces.PodSecurityPrivileged, spaces.PodSecurityBaseline, spaces.PodSecurityRestricted}
	*l = levels[c.Intn(len(levels))]
}

// fillSubject makes subjects as defaults leave them.
func fillSubject(s *rbacv1.Subject, c randfill.Continue) {
	kinds := []string{rbacv1.UserKind, rbacv1.GroupKind, rbacv1.ServiceAccountKind}
	*s = rbacv1.Subject{Kind: kinds[c.Intn(len(kinds))], Name: c.String(0)}
	if s.Kind == rbacv1.ServiceAccountKind {
		s.Namespace = c.String(0)
		return
	}
	s.APIGroup = rbacv1.GroupName
}

// fillManifest makes what could be one.
func fillManifest(m *runtime.RawExtension, c randfill.Continue) {
	raw := fmt.Sprintf(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"n%d"}}`, c.Uint64())
	*m = runtime.RawExtension{Raw: []byte(raw)}
}

func fillParameterType(t *spaces.ParameterType, c randfill.Continue) {
	types := []spaces.ParameterType{"", spaces.ParameterString, spaces.ParameterInteger, spaces.ParameterBoolean}
	*t = types[c.Intn(len(types))]
}

func fillPercentage(p *spaces.Percentage, c randfill.Continue) {
	*p = spaces.Percentage(fmt.Sprintf("%d%%", 1+c.Intn(spaces.MaxPercent)))
}
