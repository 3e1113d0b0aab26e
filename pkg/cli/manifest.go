// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
)

// fields are those of an object in JSON. What is in them stays as it is written.
type fields map[string]json.RawMessage

// text returns the field, which is empty if it is no text.
func (f fields) text(key string) string {
	var text string
	if json.Unmarshal(f[key], &text) != nil {
		return ""
	}
	return text
}

// checkManifest refuses what is no object of its own. All else is for the server to say.
func checkManifest(raw []byte) error {
	var object fields
	if json.Unmarshal(raw, &object) != nil || object.text("apiVersion") == "" || object.text("kind") == "" {
		return errors.New("it is no manifest, which has apiVersion and kind")
	}
	_, hasItems := object["items"]
	if kind := object.text("kind"); kind == "List" || hasItems && strings.HasSuffix(kind, "List") {
		return fmt.Errorf("a %s cannot be in a template: write its items as documents of their own", kind)
	}
	return nil
}

// takeNamespace returns the manifest without metadata.namespace, and what that was.
func takeNamespace(raw []byte) ([]byte, string, error) {
	var object, metadata fields
	if err := json.Unmarshal(raw, &object); err != nil {
		return nil, "", err
	}
	isMetadata := json.Unmarshal(object["metadata"], &metadata) == nil // else the server refuses it
	if _, ok := metadata["namespace"]; !ok || !isMetadata {
		return raw, "", nil
	}
	namespace := metadata.text("namespace")
	delete(metadata, "namespace")
	var err error
	if object["metadata"], err = json.Marshal(metadata); err != nil {
		return nil, "", err
	}
	raw, err = json.Marshal(object)
	return raw, namespace, err
}

// templateObjects returns the manifests as objects of a template, which are of no namespace. What is left out is told on
// errOut. Manifests for several namespaces are not those of one Space.
func templateObjects(manifests []manifest, errOut io.Writer) ([]runtime.RawExtension, error) {
	objects := make([]runtime.RawExtension, 0, len(manifests))
	first, count := "", 0
	for _, m := range manifests {
		raw, namespace, err := takeNamespace(m.raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.at, err)
		}
		objects = append(objects, runtime.RawExtension{Raw: raw})
		if namespace == "" {
			continue
		}
		if count++; count == 1 {
			first = namespace
		}
		if namespace != first {
			return nil, fmt.Errorf("%s: it is for the namespace %q, and others are for %q: a template is for one Space",
				m.at, namespace, first)
		}
	}
	if count > 0 {
		fmt.Fprintf(errOut, "Warning: the namespace %q was left out of %d of %d manifests: they are for the namespace of the Space.\n",
			first, count, len(manifests))
	}
	return objects, nil
}

// objectField begins what the server says about an object of a template.
var objectField = regexp.MustCompile(`^spec\.objects\[(\d+)\]`)

// located adds to what the server refuses in which file and document that is.
func located(err error, manifests []manifest) error {
	refused, ok := errors.AsType[*apierrors.StatusError](err)
	if !ok || refused.ErrStatus.Details == nil {
		return err
	}
	status, found := refused.ErrStatus.DeepCopy(), false
	for i := range status.Details.Causes {
		cause := &status.Details.Causes[i]
		if at, ok := objectAt(cause.Field); ok && at < len(manifests) {
			cause.Message += fmt.Sprintf(" (%s)", manifests[at].at)
			found = true
		}
	}
	if !found {
		return err
	}
	return &apierrors.StatusError{ErrStatus: *status}
}

func objectAt(path string) (int, bool) {
	found := objectField.FindStringSubmatch(path)
	if found == nil {
		return 0, false
	}
	at, err := strconv.Atoi(found[1])
	return at, err == nil
}
