// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package transcript

import (
	"fmt"
	"regexp"
	"strings"
)

// Block is a fenced block of a Markdown document.
type Block struct {
	// Kind is what stands behind the opening fence, such as "console".
	Kind string
	// Line is the number of the first line of the content, counted from 1.
	Line int
	// Lines are the content, without the indentation of the fence.
	Lines []string
}

// Text returns the content as one text.
func (b Block) Text() string { return strings.Join(b.Lines, "\n") + "\n" }

var fence = regexp.MustCompile("^( *)(```+|~~~+) *(.*?) *$")

// Blocks returns the fenced blocks of a document, in their order. A block that is not closed is an error.
func Blocks(markdown string) ([]Block, error) {
	var blocks []Block
	var open []string // the opening fence: all, indentation, fence, kind
	for number, line := range strings.Split(markdown, "\n") {
		match := fence.FindStringSubmatch(line)
		switch {
		case open == nil && match == nil:
		case open == nil:
			open = match
			blocks = append(blocks, Block{Kind: match[3], Line: number + 2})
		case match != nil && match[3] == "" && strings.HasPrefix(match[2], open[2]):
			open = nil
		default:
			block := &blocks[len(blocks)-1]
			block.Lines = append(block.Lines, strings.TrimPrefix(line, open[1]))
		}
	}
	if open != nil {
		return nil, fmt.Errorf("line %d: the block that begins here does not end", blocks[len(blocks)-1].Line-1)
	}
	return blocks, nil
}

// Link is a link or a picture in a Markdown document.
type Link struct {
	// Line is its number, counted from 1.
	Line int
	// Target is what it points to, as it is written.
	Target string
}

var (
	inlineCode = regexp.MustCompile("`[^`]*`")
	link       = regexp.MustCompile(`\]\(<?([^()<>\s]+)>?(?: "[^"]*")?\)`)
	definition = regexp.MustCompile(`^ {0,3}\[[^\]]+\]: *<?([^<>\s]+)`)
)

// Links returns the links of a document, in their order. What looks like one in code is none.
func Links(markdown string) []Link {
	var links []Link
	for number, line := range prose(markdown) {
		line = inlineCode.ReplaceAllString(line, "``")
		for _, match := range append(link.FindAllStringSubmatch(line, -1), definition.FindAllStringSubmatch(line, -1)...) {
			links = append(links, Link{Line: number + 1, Target: match[1]})
		}
	}
	return links
}

var (
	heading     = regexp.MustCompile(`^#{1,6} +(.*?) *#*$`)
	headingLink = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	notInAnchor = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// Anchors returns what links can point to within a document: its headings, in the form that GitHub gives them.
func Anchors(markdown string) map[string]bool {
	anchors := map[string]bool{}
	for _, line := range prose(markdown) {
		match := heading.FindStringSubmatch(line)
		if match == nil {
			continue
		}
		text := strings.ToLower(headingLink.ReplaceAllString(match[1], "$1"))
		anchor := strings.ReplaceAll(notInAnchor.ReplaceAllString(text, ""), " ", "-")
		unique := anchor
		for n := 1; anchors[unique]; n++ {
			unique = fmt.Sprintf("%s-%d", anchor, n)
		}
		anchors[unique] = true
	}
	return anchors
}

// prose returns the lines of a document, with empty ones in the place of fenced blocks.
func prose(markdown string) []string {
	lines := strings.Split(markdown, "\n")
	fenced := ""
	for i, line := range lines {
		match := fence.FindStringSubmatch(line)
		switch {
		case fenced == "" && match == nil:
			continue
		case fenced == "":
			fenced = match[2]
		case match != nil && match[3] == "" && strings.HasPrefix(match[2], fenced):
			fenced = ""
		}
		lines[i] = ""
	}
	return lines
}
