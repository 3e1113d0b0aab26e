// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// hashDigits is how many hexadecimal digits are kept of a hash: that is enough to notice that something has changed, and
// nobody gains anything by what is not noticed.
const hashDigits = 16

// Hash says what a Space is filled by: 16 hexadecimal digits for the name of the template and what the Space fills in, and
// 16 more for the spec of the template, if that is applied again when it changes. How a manifest is formatted, and in
// which order its keys stand, makes no difference.
func Hash(name string, spec *spaces.SpaceTemplateSpec, space *spaces.Space) string {
	digits := hash(func(w io.Writer) {
		// Quoted, so that nothing can be taken for something else. Maps are written in the order of their keys.
		fmt.Fprintf(w, "%q %q %q %q", name, space.Name, space.Spec.Account, space.Spec.Parameters)
	})
	if !spec.Reapply {
		return digits
	}
	return digits + hash(func(w io.Writer) { writeSpec(w, spec) })
}

// Current tells whether a Space that was filled when its Hash was applied need not be filled anew now that it is hash. A
// template that is not applied again any more leaves its Spaces as they are.
func Current(applied, hash string) bool {
	return applied == hash || (len(hash) == hashDigits && strings.HasPrefix(applied, hash))
}

func hash(write func(io.Writer)) string {
	h := sha256.New()
	write(h)
	return hex.EncodeToString(h.Sum(nil))[:hashDigits]
}

func writeSpec(w io.Writer, spec *spaces.SpaceTemplateSpec) {
	for i := range spec.Parameters {
		p := &spec.Parameters[i]
		fmt.Fprintf(w, "%q %q %q %q ", p.Name, p.Description, p.Type, p.Pattern)
		if p.Default != nil {
			fmt.Fprintf(w, "%q", *p.Default)
		}
		fmt.Fprintln(w)
	}
	for i := range spec.Objects {
		fmt.Fprintf(w, "%q\n", canonical(&spec.Objects[i]))
	}
}

// canonical returns the manifest with its keys in order, or as it is if it is none.
func canonical(raw *runtime.RawExtension) []byte {
	tree, err := parse(raw)
	if err != nil {
		return raw.Raw
	}
	encoded, err := json.Marshal(tree)
	if err != nil {
		return raw.Raw
	}
	return encoded
}
