// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package transcript reads what people typed, and what they saw, out of Markdown.
//
// A fenced block of the kind console is a transcript:
//
//	alice$ kubectl create space alice-dev --ttl=2h
//	space.spaces.tenancy.example.io/alice-dev created
//	alice$ kubectl get spaces
//	NAME        ACCOUNT   PHASE    EXPIRES   AGE
//	alice-dev   <none>    Active   120m      0s
//
// A prompt says in whose terminal a command is given; below it stands all that the terminal shows until the next
// prompt, of standard output and standard error. A prompt without a command takes nothing but a look: at what a command
// that goes on in the background has said since.
//
// What differs from run to run may differ here: UIDs and times, durations in a table by two minutes, and the blanks
// between columns and at the end. "..." stands for anything: within a line for a part of it, alone on a line for any
// number of lines.
package transcript
