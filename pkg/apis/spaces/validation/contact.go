// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package validation

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// maxContact is how many characters a contact may have: it stands in the messages of refusals.
const maxContact = 256

// validateContact checks whom to ask for more, where that differs from old.
func validateContact(meta, old *metav1.ObjectMeta) field.ErrorList {
	contact := meta.Annotations[spaces.AnnotationContact]
	if contact == old.Annotations[spaces.AnnotationContact] {
		return nil
	}
	path := metadataPath.Child("annotations").Key(spaces.AnnotationContact)
	if length := utf8.RuneCountInString(contact); length > maxContact {
		return field.ErrorList{tooLong(path, maxContact, fmt.Sprintf("it has %d characters, and %d are allowed", length, maxContact))}
	}
	if strings.ContainsFunc(contact, func(r rune) bool { return !unicode.IsPrint(r) }) {
		return field.ErrorList{field.Invalid(path, contact, "must be of printable characters: one line, and no tabs")}
	}
	return nil
}
