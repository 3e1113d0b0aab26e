// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
	applyspacesv1alpha1 "tenancy.example.io/spaces/pkg/generated/applyconfiguration/spaces/v1alpha1"
)

func exampleOf(command, text string) string { return strings.ReplaceAll(text, "COMMAND", command) }

func (o *templateOptions) addFieldManagerFlag(cmd *cobra.Command, manager string) {
	cmd.Flags().StringVar(&o.fieldManager, fieldManagerFlag, manager, "Name of the manager used to track field ownership.")
	complete(cmd, map[string]cobra.CompletionFunc{fieldManagerFlag: cobra.NoFileCompletions})
}

// create creates the template, which must not exist.
func (o *templateOptions) create(
	ctx context.Context, template *v1alpha1.SpaceTemplate, strategy dryRun,
) (*v1alpha1.SpaceTemplate, error) {
	client, err := o.connection.client()
	if err != nil {
		return nil, err
	}
	return client.SpaceTemplates().Create(ctx, template, metav1.CreateOptions{
		DryRun:          strategy.server(),
		FieldManager:    o.fieldManager,
		FieldValidation: metav1.FieldValidationStrict,
	})
}

// apply creates the template, or brings it up to date. What others have set in it and it does not say stays.
func (o *templateOptions) apply(
	ctx context.Context, template *v1alpha1.SpaceTemplate, strategy dryRun,
) (*v1alpha1.SpaceTemplate, error) {
	client, err := o.connection.client()
	if err != nil {
		return nil, err
	}
	configuration, err := configurationOf(template)
	if err != nil {
		return nil, err
	}
	applied, err := client.SpaceTemplates().Apply(ctx, configuration, metav1.ApplyOptions{
		DryRun:       strategy.server(),
		FieldManager: o.fieldManager,
		Force:        o.forceConflicts,
	})
	if apierrors.HasStatusCause(err, metav1.CauseTypeFieldManagerConflict) {
		//nolint:revive,staticcheck // It ends with what to do, as kubectl ends it.
		return nil, fmt.Errorf("%w\nOthers have set these fields. Take them over by --force-conflicts, or leave them to the others.", err)
	}
	return applied, err
}

// configurationOf returns what the template says, and no more.
func configurationOf(template *v1alpha1.SpaceTemplate) (*applyspacesv1alpha1.SpaceTemplateApplyConfiguration, error) {
	said, err := json.Marshal(template.Spec)
	if err != nil {
		return nil, err
	}
	spec := applyspacesv1alpha1.SpaceTemplateSpec()
	if err := json.Unmarshal(said, spec); err != nil {
		return nil, err
	}
	return applyspacesv1alpha1.SpaceTemplate(template.Name).WithSpec(spec), nil
}
