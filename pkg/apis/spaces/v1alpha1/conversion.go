// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
)

// addFieldLabelConversionFuncs makes the fields known that field selectors on Spaces may name.
func addFieldLabelConversionFuncs(scheme *runtime.Scheme) error {
	return scheme.AddFieldLabelConversionFunc(SchemeGroupVersion.WithKind("Space"), convertSpaceFieldLabel)
}

// convertSpaceFieldLabel passes the labels through that have the same name in the hub version, and refuses all others.
func convertSpaceFieldLabel(label, value string) (string, string, error) {
	switch label {
	case "metadata.name", "status.phase":
		return label, value, nil
	default:
		return "", "", fmt.Errorf("%q is not a known field selector: only metadata.name and status.phase are", label)
	}
}
