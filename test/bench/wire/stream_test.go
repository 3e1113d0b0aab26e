// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

type closer struct {
	io.Reader
	closed bool
}

func (c *closer) Close() error {
	c.closed = true
	return nil
}

func TestStreamSplitsLines(t *testing.T) {
	long := strings.Repeat("x", 3*lineSize)
	for name, tc := range map[string]struct {
		body    string
		want    []string
		wantEnd error
	}{
		"nothing":                          {wantEnd: io.EOF},
		"short lines":                      {body: "a\nb\n", want: []string{"a\n", "b\n"}, wantEnd: io.EOF},
		"a line that is longer than usual": {body: long + "\nb\n", want: []string{long + "\n", "b\n"}, wantEnd: io.EOF},
		"a line that just fits": {
			body: long[:lineSize-1] + "\nb\n", want: []string{long[:lineSize-1] + "\n", "b\n"}, wantEnd: io.EOF,
		},
		"a line that has no end": {body: "a\nb", want: []string{"a\n"}, wantEnd: io.EOF},
	} {
		t.Run(name, func(t *testing.T) {
			stream := newStream(&closer{Reader: strings.NewReader(tc.body)})
			var got []string
			event, err := stream.Next()
			for ; err == nil; event, err = stream.Next() {
				got = append(got, string(event))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" || !errors.Is(err, tc.wantEnd) {
				t.Errorf("it ended with %v, want %v; lines (-want +got):\n%s", err, tc.wantEnd, diff)
			}
		})
	}
}

func TestStreamCloses(t *testing.T) {
	body := &closer{}
	if err := newStream(body).Close(); err != nil || !body.closed {
		t.Errorf("Close() = %v, closed: %t", err, body.closed)
	}
}

func TestEvent(t *testing.T) {
	const space = `{"type":"MODIFIED","object":{"kind":"Space","apiVersion":"v1","metadata":{"name":"a","labels":{"b":"1.2"},` +
		`"managedFields":[{"manager":"m","fieldsV1":{"f:b":{}}}]},"status":{"name":"c"}}}` + "\n"
	for name, tc := range map[string]struct {
		event     string
		field     string
		wantType  string
		wantValue string
	}{
		"the name is that of the object":      {event: space, field: "name", wantType: "MODIFIED", wantValue: "a"},
		"a label":                             {event: space, field: "b", wantType: "MODIFIED", wantValue: "1.2"},
		"a field that is no string":           {event: space, field: "object", wantType: "MODIFIED"},
		"a field that there is not":           {event: space, field: "uid", wantType: "MODIFIED"},
		"what is no event":                    {event: `{"kind":"Status","name":"x"}`, field: "name", wantValue: "x"},
		"an event that breaks off in a value": {event: `{"type":"ADDED","object":{"name":"x`, field: "name", wantType: "ADDED", wantValue: "x"},
		"nothing":                             {field: "name"},
	} {
		t.Run(name, func(t *testing.T) {
			event := Event(tc.event)
			if got := event.Type(); got != tc.wantType {
				t.Errorf("Type() = %q, want %q", got, tc.wantType)
			}
			if got := string(event.Value(Field(tc.field))); got != tc.wantValue {
				t.Errorf("Value(%s) = %q, want %q", tc.field, got, tc.wantValue)
			}
		})
	}
}
