// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

const (
	templateFlag     = "template"
	parameterFlag    = "parameter"
	fieldManagerFlag = "field-manager"
)

// addTemplateFlags adds what a Space says of its template.
func (o *createOptions) addTemplateFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.template, templateFlag, "", "Name of the template that the Space is filled with. If omitted, it is "+
		"that of the account or of the platform, if there is one.")
	flags.StringArrayVar(&o.parameters, parameterFlag, nil, "A parameter of the template, as NAME=VALUE. Can be repeated.")
}

// parseValues reads what --parameter gives a Space: NAME=VALUE, each name once.
func parseValues(texts []string) (map[string]string, error) {
	if len(texts) == 0 {
		return nil, nil
	}
	values := make(map[string]string, len(texts))
	for _, text := range texts {
		name, value, ok := strings.Cut(text, "=")
		if !ok || name == "" {
			return nil, fmt.Errorf("invalid parameter %q: say NAME=VALUE", text)
		}
		if _, ok := values[name]; ok {
			return nil, parameterTwiceError(name)
		}
		values[name] = value
	}
	return values, nil
}

// parseDeclarations reads what --parameter declares for a template: NAME, NAME:TYPE, and each with =DEFAULT behind it.
func parseDeclarations(texts []string) ([]v1alpha1.TemplateParameter, error) {
	var declared []v1alpha1.TemplateParameter
	seen := map[string]bool{}
	for _, text := range texts {
		p, err := parseDeclaration(text)
		if err != nil {
			return nil, err
		}
		if seen[p.Name] {
			return nil, parameterTwiceError(p.Name)
		}
		seen[p.Name] = true
		declared = append(declared, p)
	}
	return declared, nil
}

// parseDeclaration passes on name, type and default as they are written: what they may be is for the server to say.
func parseDeclaration(text string) (v1alpha1.TemplateParameter, error) {
	declaration, value, hasDefault := strings.Cut(text, "=")
	name, typ, hasType := strings.Cut(declaration, ":")
	p := v1alpha1.TemplateParameter{Name: name, Type: v1alpha1.ParameterType(typ)}
	if name == "" || hasType && typ == "" {
		return p, fmt.Errorf("invalid parameter %q: say NAME[:TYPE][=DEFAULT]", text)
	}
	if hasDefault {
		p.Default = new(value)
	}
	return p, nil
}

func parameterTwiceError(name string) error {
	return fmt.Errorf("the parameter %q is given twice", name)
}
