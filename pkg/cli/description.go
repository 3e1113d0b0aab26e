// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package cli

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"tenancy.example.io/spaces/pkg/apis/spaces/v1alpha1"
)

// none stands for what is not there, as in kubectl's own descriptions.
const none = "<none>"

// recentEvents is how many Events a description has, at most.
const recentEvents = 10

// description is written line by line, in columns.
type description struct {
	to  *tabwriter.Writer
	now time.Time
}

// line writes one line whose columns these are.
func (d description) line(columns ...string) { fmt.Fprintln(d.to, strings.Join(columns, "\t")) }

// section writes a heading, and below it the rows, or that there are none, or why nobody can tell.
func (d description) section(heading string, columns []string, rows [][]string, err error) {
	switch {
	case err != nil:
		d.line(heading+":", fmt.Sprintf("<%s>", unreadable(err)))
	case len(rows) == 0:
		d.line(heading+":", none)
	default:
		d.to.Flush() // these columns have nothing to do with those above
		d.line(heading + ":")
		d.line("  " + strings.Join(columns, "\t"))
		for _, row := range rows {
			d.line("  " + strings.Join(row, "\t"))
		}
		d.to.Flush()
	}
}

// unreadable says why something is left out.
func unreadable(err error) string {
	if apierrors.IsForbidden(err) {
		return "you may not read this in the namespace"
	}
	return message(err)
}

// print writes what was found.
func (f *found) print(to io.Writer) error {
	d := description{to: tabwriter.NewWriter(to, 0, 0, 2, ' ', 0), now: time.Now()}
	d.space(f.space)
	d.section("Conditions", []string{"Type", "Status", "Reason", "Message"}, conditionRows(f.space.Status.Conditions), nil)
	d.section("Quota", []string{"Resource", "Used", "Hard"}, quotaRows(f.quotas.items), f.quotas.err)
	d.section("Access", []string{"Role", "Subjects"}, bindingRows(f.bindings.items), f.bindings.err)
	d.section("Events", []string{"Last seen", "Type", "Reason", "Object", "Message"}, d.eventRows(f.events.items), f.events.err)
	return d.to.Flush()
}

func (d description) space(space *v1alpha1.Space) {
	spec, status := space.Spec, space.Status
	d.line("Name:", space.Name)
	d.line("Labels:", pairsOf(space.Labels))
	d.line("Account:", cmp.Or(spec.Account, none))
	d.line("Owner:", cmp.Or(status.CreatedBy, none))
	d.line("Phase:", string(status.Phase))
	d.line("Created:", d.ago(space.CreationTimestamp))
	if space.DeletionTimestamp != nil {
		d.line("Deleted:", "since "+d.ago(*space.DeletionTimestamp))
	}
	if spec.TTL != nil {
		d.line("TTL:", string(*spec.TTL))
	} else {
		d.line("TTL:", none)
	}
	d.line("Expires:", remaining(status.ExpiresAt, d.now))
	d.line("Template:", cmp.Or(spec.Template, none))
	if len(spec.Parameters) > 0 {
		d.line("Parameters:", pairsOf(spec.Parameters))
	}
}

func (d description) ago(at metav1.Time) string {
	return fmt.Sprintf("%s ago (%s)", duration.HumanDuration(d.now.Sub(at.Time)), at.UTC().Format(time.RFC3339))
}

// pairsOf writes keys and values as kubectl writes labels.
func pairsOf(pairs map[string]string) string {
	var texts []string
	for _, key := range slices.Sorted(maps.Keys(pairs)) {
		texts = append(texts, key+"="+pairs[key])
	}
	return cmp.Or(strings.Join(texts, ","), none)
}

func conditionRows(conditions []metav1.Condition) [][]string {
	var rows [][]string
	for _, condition := range conditions {
		rows = append(rows, []string{condition.Type, string(condition.Status), condition.Reason, oneLine(condition.Message)})
	}
	return rows
}

func quotaRows(quotas []corev1.ResourceQuota) [][]string {
	var rows [][]string
	for i := range quotas {
		status := quotas[i].Status
		for _, name := range slices.Sorted(maps.Keys(status.Hard)) {
			used, hard := status.Used[name], status.Hard[name]
			rows = append(rows, []string{string(name), used.String(), hard.String()})
		}
	}
	return rows
}

func bindingRows(bindings []rbacv1.RoleBinding) [][]string {
	var rows [][]string
	for i := range bindings {
		var subjects []string
		for _, subject := range bindings[i].Subjects {
			subjects = append(subjects, subject.Kind+" "+subject.Name)
		}
		role := bindings[i].RoleRef
		rows = append(rows, []string{role.Kind + "/" + role.Name, cmp.Or(strings.Join(subjects, ", "), none)})
	}
	slices.SortFunc(rows, slices.Compare)
	return rows
}

// eventRows are of what has happened lately, the latest first.
func (d description) eventRows(events []corev1.Event) [][]string {
	slices.SortFunc(events, func(a, b corev1.Event) int { return lastSeen(&b).Compare(lastSeen(&a)) })
	var rows [][]string
	for i := range events[:min(len(events), recentEvents)] {
		event := &events[i]
		object := strings.ToLower(event.InvolvedObject.Kind) + "/" + event.InvolvedObject.Name
		rows = append(rows, []string{duration.HumanDuration(d.now.Sub(lastSeen(event))), event.Type, event.Reason, object, oneLine(event.Message)})
	}
	return rows
}

func lastSeen(event *corev1.Event) time.Time {
	seen := event.LastTimestamp.Time
	if seen.IsZero() {
		seen = event.EventTime.Time // of newer clients
	}
	if seen.IsZero() {
		seen = event.CreationTimestamp.Time
	}
	return seen
}

// oneLine keeps the columns together.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
