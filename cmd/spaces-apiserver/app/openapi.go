// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package app

import (
	"slices"

	"k8s.io/apimachinery/pkg/types"
	openapicommon "k8s.io/kube-openapi/pkg/common"
	"k8s.io/kube-openapi/pkg/spec3"
	"k8s.io/kube-openapi/pkg/validation/spec"
)

const strategicMerge = string(types.StrategicMergePatchType)

// hideStrategicMerge leaves strategic merge patches out of what the server says that it takes, as custom resources have it. It
// takes them, but kubectl that reads so applies by them, and cannot do that on its own, in --dry-run=client, to kinds which it
// does not have compiled in.
func hideStrategicMerge(v2 *openapicommon.Config, v3 *openapicommon.OpenAPIV3Config) {
	v2.PostProcessSpec = func(document *spec.Swagger) (*spec.Swagger, error) {
		for _, path := range document.Paths.Paths {
			if path.Patch != nil {
				// The list is the one that the requests are held against.
				path.Patch.Consumes = slices.DeleteFunc(slices.Clone(path.Patch.Consumes), func(takes string) bool { return takes == strategicMerge })
			}
		}
		return document, nil
	}
	v3.PostProcessSpec = func(document *spec3.OpenAPI) (*spec3.OpenAPI, error) {
		for _, path := range document.Paths.Paths {
			if path.Patch != nil && path.Patch.RequestBody != nil {
				delete(path.Patch.RequestBody.Content, strategicMerge)
			}
		}
		return document, nil
	}
}
