// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package apiserver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/managedfields"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/client-go/discovery"
	"k8s.io/klog/v2"
	"k8s.io/kube-openapi/pkg/spec3"
	"sigs.k8s.io/structured-merge-diff/v6/typed"
)

// schemas are those that the cluster publishes of its kinds. They are read anew each time, as they are large, and templates
// are seldom written. They are safe for concurrent use.
type schemas struct {
	discovery.OpenAPIV3SchemaInterfaceWithContext
}

// Misfits implements spacetemplate.Kinds.
func (s schemas) Misfits(ctx context.Context, objects []*unstructured.Unstructured) []field.ErrorList {
	known := map[schema.GroupVersion]managedfields.TypeConverter{}
	misfits := make([]field.ErrorList, len(objects))
	for i, object := range objects {
		version := object.GroupVersionKind().GroupVersion()
		if _, asked := known[version]; !asked {
			types, err := s.types(ctx, version)
			if err != nil {
				klog.FromContext(ctx).V(2).Info("Did not check manifests, as there is no schema of their kinds", "version", version, "err", err)
			}
			known[version] = types
		}
		if types := known[version]; types != nil {
			_, err := types.ObjectToTyped(object)
			misfits[i] = misfitsOf(err)
		}
	}
	return misfits
}

// types returns what server-side apply checks the manifests of the version by.
func (s schemas) types(ctx context.Context, version schema.GroupVersion) (managedfields.TypeConverter, error) {
	paths, err := s.OpenAPIV3WithContext(ctx).PathsWithContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("read which schemas there are: %w", err)
	}
	path := "apis/" + version.String()
	if version.Group == "" {
		path = "api/" + version.Version
	}
	published, ok := paths[path]
	if !ok {
		return nil, fmt.Errorf("there is no schema at %s", path)
	}
	text, err := published.SchemaWithContext(ctx, runtime.ContentTypeJSON)
	if err != nil {
		return nil, fmt.Errorf("read the schema at %s: %w", path, err)
	}
	var document spec3.OpenAPI
	if err := json.Unmarshal(text, &document); err != nil || document.Components == nil {
		return nil, fmt.Errorf("read the schema at %s: it has no components: %w", path, err)
	}
	return managedfields.NewTypeConverter(document.Components.Schemas, false)
}

// misfitsOf returns what does not fit, by where it stands. Other errors are not about the object.
func misfitsOf(err error) field.ErrorList {
	var found typed.ValidationErrors
	if !errors.As(err, &found) {
		return nil
	}
	errs := make(field.ErrorList, 0, len(found))
	for _, one := range found {
		// What it got it shows as the values of Go are.
		says, _, _ := strings.Cut(one.ErrorMessage, ", got &")
		errs = append(errs, field.Invalid(nil, field.OmitValueType{}, says))
		errs[len(errs)-1].Field = strings.TrimPrefix(one.Path, ".")
	}
	return errs
}
