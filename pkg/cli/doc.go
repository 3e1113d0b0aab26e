// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package cli is the kubectl plugin for Spaces: what "kubectl create space", "kubectl create spacetemplate" and "kubectl
// space" do. It follows kubectl in what it prints, in how it fails and in the options it takes, so that nobody has to know
// that it is a plugin.
//
// One program serves every name that kubectl looks for, and tells them apart by the base name it is called by:
//
//	kubectl-space                         the commands of "kubectl space"
//	kubectl-create-space                  "kubectl create space"
//	kubectl-create-spacetemplate          "kubectl create spacetemplate"
//	kubectl_complete-space                completes the arguments of "kubectl space"
//	kubectl_complete-create-space         completes the arguments of "kubectl create space"
//	kubectl_complete-create-spacetemplate completes the arguments of "kubectl create spacetemplate"
package cli
