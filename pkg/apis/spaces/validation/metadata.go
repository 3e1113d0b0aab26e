// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apivalidation "k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// An object is stored whole in one annotation of its namespace, and all annotations of a namespace together have at most
// apivalidation.TotalAnnotationSizeLimitB, which is 256 KiB. These limits share that out, in bytes of JSON, as escaping
// makes text up to six times as long: 64 KiB for the labels and annotations in the stored object, as much again for
// copies of them on the namespace itself, 64 KiB for the managedFields, which repeat every key for every manager, and
// the last 64 KiB for spec, status, and what others annotate the namespace with.
const (
	// MaxLabelsAndAnnotationsBytes is how large the labels and annotations of an object may be together, as JSON.
	MaxLabelsAndAnnotationsBytes = 64 << 10
	// MaxManagedFieldsBytes is how large the managedFields of an object may be, as JSON.
	MaxManagedFieldsBytes = 64 << 10
	// MaxSpecBytes is how large the spec of an object may be, as JSON.
	MaxSpecBytes = 32 << 10
)

// metadataPath is where the metadata stands in every object.
var metadataPath = field.NewPath("metadata")

// kind is what the rules for metadata need to know about a kind.
type kind struct {
	// name is that of the kind, with its article.
	name string
	// names says what is wrong with the name of an object.
	names apivalidation.ValidateNameFunc
	// forFinalizers and forOwners are what to do instead of setting them, after what was said before.
	forFinalizers, forOwners string
	// hasContact tells whether callers may say whom to ask for more, by the annotation of the platform for that.
	hasContact bool
}

func (k kind) validateNewMetadata(meta *metav1.ObjectMeta, reserved ReservedNames) field.ErrorList {
	errs := apivalidation.ValidateObjectMeta(withoutForbidden(meta), false, k.names, metadataPath)
	if pattern, ok := reserved.Match(meta.Name); ok {
		errs = append(errs, field.Forbidden(metadataPath.Child("name"),
			fmt.Sprintf("%q is reserved for the platform (by the pattern %q): choose another name", meta.Name, pattern)))
	}
	return append(errs, k.validateOwnRules(meta, &metav1.ObjectMeta{})...)
}

func (k kind) validateChangedMetadata(meta, old *metav1.ObjectMeta) field.ErrorList {
	errs := apivalidation.ValidateObjectMetaUpdate(withoutForbidden(meta), withoutForbidden(old), metadataPath)
	return append(errs, k.validateOwnRules(meta, old)...)
}

// withoutForbidden leaves out what validateForbidden refuses as a whole, so that nothing more is said about it.
func withoutForbidden(meta *metav1.ObjectMeta) *metav1.ObjectMeta {
	checked := *meta
	checked.Finalizers = nil
	checked.OwnerReferences = nil
	return &checked
}

// validateOwnRules checks what our kinds demand beyond what all kinds do. A new object has an empty old.
func (k kind) validateOwnRules(meta, old *metav1.ObjectMeta) field.ErrorList {
	errs := k.validateForbidden(meta, old)
	errs = append(errs, validateKeys(meta.Labels, old.Labels, "", metadataPath.Child("labels"))...)
	errs = append(errs, validateKeys(meta.Annotations, old.Annotations, k.freeAnnotation(), metadataPath.Child("annotations"))...)
	if k.hasContact {
		errs = append(errs, validateContact(meta, old)...)
	}
	return append(errs, validateSizes(meta, old)...)
}

// freeAnnotation returns the key among the platform's that callers may set, or "" for none.
func (k kind) freeAnnotation() string {
	if k.hasContact {
		return spaces.AnnotationContact
	}
	return ""
}

// validateForbidden refuses the metadata that would do nothing: the garbage collector and deletion act on the namespace
// behind an object, and know neither its finalizers nor its owners.
func (k kind) validateForbidden(meta, old *metav1.ObjectMeta) field.ErrorList {
	var errs field.ErrorList
	if len(meta.Finalizers) > 0 && !apiequality.Semantic.DeepEqual(meta.Finalizers, old.Finalizers) {
		errs = append(errs, field.Forbidden(metadataPath.Child("finalizers"),
			k.name+" has no finalizers: remove them"+k.forFinalizers))
	}
	if len(meta.OwnerReferences) > 0 && !apiequality.Semantic.DeepEqual(meta.OwnerReferences, old.OwnerReferences) {
		errs = append(errs, field.Forbidden(metadataPath.Child("ownerReferences"),
			k.name+" has no owners: remove them"+k.forOwners))
	}
	return errs
}

// validateKeys refuses the platform's keys, but for the free one, where they are set to a value they have not had. Leaving
// one out is allowed: it belongs to the namespace, and is shown again.
func validateKeys(values, old map[string]string, free string, path *field.Path) field.ErrorList {
	var errs field.ErrorList
	for _, key := range slices.Sorted(maps.Keys(values)) {
		oldValue, had := old[key]
		if !isReservedKey(key) || key == free || (had && oldValue == values[key]) {
			continue
		}
		errs = append(errs, field.Forbidden(path.Key(key),
			fmt.Sprintf("keys that start with %q are set by the platform only: remove it, or choose another prefix", spaces.ReservedKeyPrefix)))
	}
	return errs
}

// isReservedKey ignores case, since the keys of annotations may be written in any. Subdomains are not the platform's.
func isReservedKey(key string) bool {
	return strings.HasPrefix(strings.ToLower(key), spaces.ReservedKeyPrefix)
}

// validateSizes refuses what has grown beyond its limit. What was beyond it before may stay, and shrink.
func validateSizes(meta, old *metav1.ObjectMeta) field.ErrorList {
	var errs field.ErrorList
	size := jsonSize(meta.Labels) + jsonSize(meta.Annotations)
	if size > MaxLabelsAndAnnotationsBytes && size > jsonSize(old.Labels)+jsonSize(old.Annotations) {
		errs = append(errs, tooLong(metadataPath.Child("annotations"), MaxLabelsAndAnnotationsBytes, fmt.Sprintf(
			"labels and annotations take %d bytes as JSON, and %d are allowed: keep large data in a ConfigMap, and use kubectl apply with --server-side, which keeps no second copy in an annotation",
			size, MaxLabelsAndAnnotationsBytes)))
	}
	size = jsonSize(meta.ManagedFields)
	if size > MaxManagedFieldsBytes && size > jsonSize(old.ManagedFields) {
		errs = append(errs, tooLong(metadataPath.Child("managedFields"), MaxManagedFieldsBytes, fmt.Sprintf(
			"managedFields take %d bytes as JSON, and %d are allowed: use fewer field managers, or fewer labels and annotations",
			size, MaxManagedFieldsBytes)))
	}
	return errs
}

// validateSpecSize refuses a spec that has grown beyond its limit. The names of its fields count as the hub types have
// them, which is no less than what is stored.
func validateSpecSize(spec, old any) field.ErrorList {
	size := jsonSize(spec)
	if size <= MaxSpecBytes || size <= jsonSize(old) {
		return nil
	}
	return field.ErrorList{tooLong(field.NewPath("spec"), MaxSpecBytes, fmt.Sprintf(
		"spec takes %d bytes as JSON, and %d are allowed: name fewer resources, groups rather than users, and give shorter parameters", size, MaxSpecBytes))}
}

func tooLong(path *field.Path, limit int, detail string) *field.Error {
	err := field.TooLong(path, "", limit)
	err.Detail = detail
	return err
}

// jsonSize returns how many bytes the value takes in the stored object. It always encodes: were it otherwise, the request
// could not have been decoded.
func jsonSize(value any) int {
	encoded, err := json.Marshal(value)
	if err != nil {
		return 0
	}
	return len(encoded)
}
