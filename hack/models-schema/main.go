// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Command models-schema prints the schemas of the API types as an OpenAPI v2 document. The generator of the apply
// configurations reads it, to know which keys make two items of a list the same.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/validation/spec"

	"tenancy.example.io/spaces/pkg/generated/openapi"
)

func main() {
	if err := printSchema(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "models-schema:", err)
		os.Exit(1)
	}
}

func printSchema(out io.Writer) error {
	document := spec.Swagger{SwaggerProps: spec.SwaggerProps{
		Swagger:     "2.0",
		Info:        &spec.Info{InfoProps: spec.InfoProps{Title: "Spaces", Version: "unversioned"}},
		Definitions: definitions(),
	}}
	if err := json.NewEncoder(out).Encode(&document); err != nil {
		return fmt.Errorf("encode the schema: %w", err)
	}
	return nil
}

func definitions() spec.Definitions {
	generated := openapi.GetOpenAPIDefinitions(func(name string) spec.Ref {
		return spec.MustCreateRef("#/definitions/" + name)
	})
	schemas := make(spec.Definitions, len(generated))
	for name, definition := range generated {
		schemas[name] = v2Schema(definition)
	}
	return schemas
}

// v2Schema returns the v2 schema of a definition whose v3 schema carries one, and otherwise the only schema it has.
func v2Schema(definition common.OpenAPIDefinition) spec.Schema {
	if schema, ok := definition.Schema.Extensions[common.ExtensionV2Schema].(spec.Schema); ok {
		return schema
	}
	return definition.Schema
}
