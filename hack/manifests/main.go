// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Manifests decodes the YAML files named by its arguments, and fails if a document in one is not exactly an object of
// the kind it names: a field that does not exist, or stands there twice, is an error.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	apiregistrationv1 "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run reports every fault of every file at once.
func run(names []string) error {
	decoder, err := newDecoder()
	if err != nil {
		return err
	}
	var faults []error
	for _, name := range names {
		content, err := os.ReadFile(name)
		if err == nil {
			err = check(decoder, content)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", name, err))
		}
	}
	return errors.Join(faults...)
}

func newDecoder() (runtime.Decoder, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientgoscheme.AddToScheme, apiregistrationv1.AddToScheme, v1alpha1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	return serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer(), nil
}

// check decodes all documents of a file.
func check(decoder runtime.Decoder, content []byte) error {
	var faults []error
	reader := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	for i := 1; ; i++ {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return errors.Join(faults...)
		}
		if err != nil {
			return errors.Join(append(faults, err)...)
		}
		if err := decode(decoder, document); err != nil {
			faults = append(faults, fmt.Errorf("document %d: %w", i, err))
		}
	}
}

func decode(decoder runtime.Decoder, document []byte) error {
	converted, err := yaml.ToJSON(document)
	if err != nil || string(converted) == "null" {
		return err
	}
	// The decoder is given the YAML, where it can still see that a field stands twice.
	_, _, err = decoder.Decode(document, nil, nil)
	return err
}
