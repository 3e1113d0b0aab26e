// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package spacetemplate

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"tenancy.example.io/spaces/pkg/apis/spaces"
)

// normalize writes the objects of the template in the one way in which they are stored: what says the same is then the
// same, and of keys that stand twice the one is left that counts.
func normalize(template *spaces.SpaceTemplate) {
	for at := range template.Spec.Objects {
		object := &template.Spec.Objects[at]
		if normal, err := normalized(object.Raw); err == nil {
			object.Raw = normal
		}
	}
}

// normalized returns the JSON with sorted keys and without white space. Numbers stay as they are written.
func normalized(raw []byte) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is more than one value")
	}
	return json.Marshal(value)
}
