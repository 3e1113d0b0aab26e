// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

// Package report is what the benchmarks find, as Markdown for people and as JSON for programs.
//
// A scenario is a function that measures one thing, and returns Tables of what it has found. A Report is the Tables of
// one run, and where and when that was.
package report
