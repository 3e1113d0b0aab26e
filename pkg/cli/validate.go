// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strconv"

	"github.com/spf13/pflag"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const validateFlag = "validate"

func addValidateFlag(flags *pflag.FlagSet, value *string) {
	flags.StringVar(value, validateFlag, "strict", `Must be one of: strict (or true), warn, ignore (or false). What the `+
		`server does about a field that it does not know: refuse the object, warn of it, or drop the field silently.`)
	flags.Lookup(validateFlag).NoOptDefVal = "strict"
}

// parseValidate turns a value of --validate into what the server is told.
func parseValidate(value string) (string, error) {
	switch value {
	case "strict":
		return metav1.FieldValidationStrict, nil
	case "warn":
		return metav1.FieldValidationWarn, nil
	case "ignore":
		return metav1.FieldValidationIgnore, nil
	}
	wanted, err := strconv.ParseBool(value)
	if err != nil {
		return "", fmt.Errorf("invalid validate option %q, must be one of: strict (or true), warn, ignore (or false)", value)
	}
	if wanted {
		return metav1.FieldValidationStrict, nil
	}
	return metav1.FieldValidationIgnore, nil
}
