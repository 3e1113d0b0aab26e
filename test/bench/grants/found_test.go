// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package grants

import (
	"strings"
	"testing"
	"time"
)

func at(milliseconds int) time.Time {
	return time.Unix(0, 0).Add(time.Duration(milliseconds) * time.Millisecond)
}

func TestTable(t *testing.T) {
	f := found{
		granted: []moments{
			{sent: at(0), acknowledged: at(2), told: at(3), asked: at(4), answered: at(6)},
			{sent: at(10), acknowledged: at(12), told: at(19), asked: at(12), answered: at(13)},
		},
		revoked: []moments{{sent: at(0), acknowledged: at(2), told: at(1), asked: at(0), answered: at(4)}},
	}
	got := f.table(2).Markdown()
	for _, want := range []string{
		"| RoleBinding created | ADDED in a watch of Spaces | 3 | 9 | 9 | 1 | 7 |  |  |\n",
		"| RoleBinding created | first GET of the namespace that is allowed, answered | 3 | 6 | 6 | 1 | 4 | 1.50 | 2 |\n",
		"| RoleBinding created | first GET of the namespace that is allowed, asked | 2 | 4 | 4 | 0 | 2 | 2.25 | 2 |\n",
		"| RoleBinding deleted | DELETED in a watch of Spaces | 1 | 1 | 1 | -1 | -1 |  |  |\n",
		"| RoleBinding deleted | first GET of the namespace that is forbidden, asked | 0 | 0 | 0 | -2 | -2 |  | 2 |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("the table is\n%s\nwant in it\n%s", got, want)
		}
	}
}

func TestTableOfNothing(t *testing.T) {
	if rows := (found{}).table(0).Rows; len(rows) != 6 {
		t.Errorf("there are %d rows, want 6", len(rows))
	}
}
