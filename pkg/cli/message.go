// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"syscall"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
	"k8s.io/client-go/tools/clientcmd"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// message says what went wrong, in the forms of kubectl: what the server says is the server's, word for word.
func message(err error) string {
	var status apierrors.APIStatus
	var unreachable *url.Error
	var noKubeconfig *noKubeconfigError
	switch {
	case errors.As(err, &noKubeconfig):
		return message(noKubeconfig.err) + "\n" + noKubeconfig.advice()
	case clientcmd.IsConfigurationInvalid(err):
		return itemize("Error in configuration: ", configurationErrors(err))
	case errors.As(err, &status):
		return statusMessage(status.Status(), err)
	case errors.As(err, &unreachable):
		return unreachableMessage(unreachable)
	case strings.HasPrefix(err.Error(), "error: "):
		return err.Error()
	}
	return "error: " + err.Error()
}

// statusMessage is for an answer of the server.
func statusMessage(status metav1.Status, err error) string {
	switch {
	case isMissingResource(err):
		return fmt.Sprintf("error: the server doesn't have a resource type %q", missingResource(status))
	case status.Reason == metav1.StatusReasonInvalid:
		return invalidMessage(status)
	case status.Reason == metav1.StatusReasonUnauthorized:
		return fmt.Sprintf("error: You must be logged in to the server (%s)", status.Message)
	case status.Reason != "":
		return fmt.Sprintf("Error from server (%s): %v", status.Reason, err)
	}
	return fmt.Sprintf("Error from server: %v", err)
}

// missingResource is what was asked for: Spaces, or something that an older server does not have.
func missingResource(status metav1.Status) string {
	if status.Details != nil && status.Details.Kind != "" {
		return status.Details.Kind
	}
	return v1alpha1.Resource("spaces").Resource
}

// isMissingResource tells a server that knows no Spaces from one that lacks a certain Space: it is not an API that
// answers, so the answer is not in the form that an API gives it.
func isMissingResource(err error) bool {
	return apierrors.IsNotFound(err) && apierrors.HasStatusCause(err, metav1.CauseTypeUnexpectedServerResponse)
}

// invalidMessage is for an object that the server refused: it names the fields, each complaint once.
func invalidMessage(status metav1.Status) string {
	prefix := "The request is invalid"
	details := status.Details
	if details == nil {
		details = &metav1.StatusDetails{}
	}
	switch {
	case details.Kind != "" || details.Name != "":
		prefix = fmt.Sprintf("The %s %q is invalid", details.Kind, details.Name)
	case status.Message != "" && len(details.Causes) == 0:
		return prefix + ": " + status.Message
	}
	if len(details.Causes) == 0 {
		return prefix
	}
	var complaints []string
	for _, cause := range details.Causes {
		complaint := cause.Field + ": " + cause.Message
		if !slices.Contains(complaints, complaint) {
			complaints = append(complaints, complaint)
		}
	}
	return itemize(prefix+": ", complaints)
}

// unreachableMessage is for a server that gave no answer.
func unreachableMessage(err *url.Error) string {
	if !errors.Is(err, syscall.ECONNREFUSED) {
		return fmt.Sprintf("Unable to connect to the server: %v", err.Err)
	}
	host := err.URL
	if server, parseErr := url.Parse(err.URL); parseErr == nil {
		host = server.Host
	}
	return fmt.Sprintf("The connection to the server %s was refused - did you specify the right host or port?", host)
}

// configurationErrors returns what is wrong with the kubeconfig.
func configurationErrors(err error) []string {
	var aggregate utilerrors.Aggregate
	if !errors.As(err, &aggregate) {
		return []string{err.Error()}
	}
	var texts []string
	for _, each := range utilerrors.Flatten(aggregate).Errors() {
		texts = append(texts, each.Error())
	}
	return texts
}

// itemize puts one item behind the prefix, and several below it.
func itemize(prefix string, items []string) string {
	if len(items) == 1 {
		return prefix + items[0]
	}
	var text strings.Builder
	text.WriteString(prefix)
	for _, item := range items {
		text.WriteString("\n* " + item)
	}
	return text.String()
}
