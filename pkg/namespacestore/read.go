// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"reflect"
	"slices"
	"sort"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/conversion"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/storage"
)

// Get implements storage.Interface.
func (s *Store) Get(ctx context.Context, key string, opts storage.GetOptions, out runtime.Object) error {
	fresh, err := s.freshView(ctx, opts.ResourceVersion)
	if err != nil {
		return err
	}
	row, err := s.find(ctx, fresh, key)
	switch {
	case err != nil:
		return err
	case row != nil:
		return assign(out, row.Object.DeepCopyObject())
	case opts.IgnoreNotFound:
		return clearObject(out)
	default:
		return storage.NewKeyNotFoundError(key, 0)
	}
}

// find returns the row of the key, or nil if there is none or the caller does not see it.
func (s *Store) find(ctx context.Context, v *view, key string) (*Row, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	name, err := s.nameOf(key)
	if err != nil {
		return nil, err
	}
	if sees, err := s.sees(ctx, v, caller, name); err != nil || !sees {
		return nil, err
	}
	return v.get(name), nil
}

// GetList implements storage.Interface. What it counts, and what its continue tokens step over, is what the caller
// sees. Rows are those of the resource version that is asked for, and access to them is as it is now.
func (s *Store) GetList(ctx context.Context, key string, opts storage.ListOptions, listObj runtime.Object) error {
	page, err := s.newPage(key, opts)
	if err != nil {
		return err
	}
	rows, err := s.viewOf(ctx, page)
	if err != nil {
		return err
	}
	visible, err := s.visibleRows(ctx, rows, page)
	if err != nil {
		return err
	}
	selected, err := selectRows(ctx, visible.rows, page)
	if err != nil {
		return err
	}
	selected, rest := page.cut(selected)
	if rest == 0 && page.exact == 0 && page.Predicate.Continue == "" {
		s.Feed.lists.remember(clientOf(ctx), rows)
	}
	if collection := collectionOf(ctx); collection != nil {
		collection.Rows = selected
		if len(selected) == len(visible.rows) {
			collection.Notes = visible.notes
		}
	} else if err := Fill(listObj, selected); err != nil {
		return err
	}
	return s.describe(listObj, page, rows.revision, continuation{selected, rest})
}

// page is which rows a LIST asks for.
type page struct {
	storage.ListOptions
	// prefix is the prefix of the keys, or the one key unless Recursive.
	prefix string
	// start is the name of the first row of the page.
	start string
	// exact is the revision that the rows must have, or 0.
	exact uint64
}

func (s *Store) newPage(key string, opts storage.ListOptions) (page, error) {
	prefix, err := s.prepareKey(key, opts.Recursive)
	if err != nil {
		return page{}, err
	}
	exact, start, err := storage.ValidateListOptions(prefix, versioner, opts)
	if err != nil {
		return page{}, err
	}
	return page{ListOptions: opts, prefix: prefix, start: s.Mapping.Name(max(prefix, start)), exact: uint64(exact)}, nil
}

func (s *Store) viewOf(ctx context.Context, p page) (*view, error) {
	if p.exact == 0 {
		return s.freshView(ctx, p.ResourceVersion)
	}
	if revision := s.Feed.head().revision; p.exact > revision {
		if _, err := s.freshView(ctx, p.ResourceVersion); err != nil {
			return nil, err
		}
		if p.ResourceVersion == "" { // it comes from a token
			return nil, storage.NewTooLargeResourceVersionError(p.exact, revision, retryTooLargeAfter)
		}
	}
	rows, err := s.Feed.at(p.exact)
	if err != nil {
		return nil, s.expired(p)
	}
	seen := *rows
	seen.revision, seen.access = p.exact, s.Feed.head().access
	return &seen, nil
}

func (s *Store) expired(p page) error {
	if p.Predicate.Continue != "" {
		return expiredContinue(s.Mapping.Key(p.start), p.prefix)
	}
	return apiExpired(listExpired)
}

// selectRows returns the rows of the page and all that follow it.
func selectRows(ctx context.Context, visible []*Row, p page) ([]*Row, error) {
	filter := filterOf(ctx)
	if p.Predicate.Empty() && filter == nil {
		return visible[firstFrom(visible, p.start):], nil
	}
	var selected []*Row
	for _, row := range visible[firstFrom(visible, p.start):] {
		matches, err := p.Predicate.Matches(row.Object)
		if err == nil && matches && filter != nil {
			matches, err = filter(ctx, row.Object)
		}
		if err != nil {
			return nil, err
		}
		if matches {
			selected = append(selected, row)
		}
	}
	return selected, nil
}

// firstFrom returns the place of the first row that has the name or comes after it.
func firstFrom(rows []*Row, name string) int {
	return sort.Search(len(rows), func(n int) bool { return rows[n].Namespace.Name >= name })
}

// visibleRows returns the rows under the prefix of the page that the caller sees, by name.
func (s *Store) visibleRows(ctx context.Context, v *view, p page) (sight, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return sight{}, err
	}
	name := s.Mapping.Name(p.prefix)
	switch {
	case !p.Recursive:
		sees, err := s.sees(ctx, v, caller, name)
		if row := v.get(name); err == nil && sees && row != nil {
			return sight{rows: s.still([]*Row{row}, caller, p)}, nil
		}
		return sight{}, err
	case p.exact == 0 && name == "":
		return s.Feed.sightOf(caller, v), nil
	default:
		return sight{rows: s.still(v.visible(caller, name), caller, p)}, nil
	}
}

// still returns those of the rows of an earlier revision whose name has not gone to another namespace: access is by name, and
// whoever has the name now need not have seen who had it then. Who sees everything saw that, too.
func (s *Store) still(rows []*Row, caller user.Info, p page) []*Row {
	if p.exact == 0 {
		return rows
	}
	head := s.Feed.head()
	if _, all := head.access.Namespaces(caller); all {
		return rows
	}
	return slices.DeleteFunc(rows, func(row *Row) bool {
		now := head.get(row.Namespace.Name)
		return now != nil && !sameNamespace(now, row)
	})
}

// visible returns the rows whose names have the prefix and which the caller sees, by name.
func (v *view) visible(caller user.Info, prefix string) []*Row {
	var rows []*Row
	_ = v.each(caller, prefix, func(row *Row) error {
		rows = append(rows, row)
		return nil
	})
	return rows
}

// each visits the rows whose names have the prefix and which the caller sees, by name.
func (v *view) each(caller user.Info, prefix string, visit func(*Row) error) error {
	names, all := v.access.Namespaces(caller)
	if all {
		return v.eachRow(prefix, visit)
	}
	pivot := rowNamed("")
	for _, name := range names {
		if !strings.HasPrefix(name, prefix) {
			continue
		}
		pivot.Namespace.Name = name
		if row, ok := v.rows.Get(pivot); ok {
			if err := visit(row); err != nil {
				return err
			}
		}
	}
	return nil
}

func (v *view) eachRow(prefix string, visit func(*Row) error) (err error) {
	v.rows.AscendGreaterOrEqual(rowNamed(prefix), func(row *Row) bool {
		if !strings.HasPrefix(row.Namespace.Name, prefix) {
			return false
		}
		err = visit(row)
		return err == nil
	})
	return err
}

// cut returns the rows of the page, and how many follow.
func (p page) cut(rows []*Row) (shown []*Row, rest int) {
	limit := int(p.Predicate.Limit)
	if limit <= 0 || !p.Recursive || limit >= len(rows) {
		return rows, 0
	}
	return rows[:limit], len(rows) - limit
}

// Fill sets the items of the list. They share memory with the rows.
func Fill(listObj runtime.Object, rows []*Row) error {
	itemsPtr, err := meta.GetItemsPtr(listObj)
	if err != nil {
		return err
	}
	items, err := conversion.EnforcePtr(itemsPtr)
	if err != nil {
		return err
	}
	items.Set(reflect.MakeSlice(items.Type(), len(rows), len(rows)))
	for n, row := range rows {
		items.Index(n).Set(reflect.ValueOf(row.Object).Elem())
	}
	return nil
}

// continuation is where the next page begins.
type continuation struct {
	shown []*Row
	rest  int
}

// describe sets the metadata of the list.
func (s *Store) describe(listObj runtime.Object, p page, revision uint64, next continuation) error {
	p.Predicate.SetShardInfoOnList(listObj)
	if next.rest == 0 {
		return versioner.UpdateList(listObj, revision, "", nil)
	}
	last := s.Mapping.Key(next.shown[len(next.shown)-1].Namespace.Name)
	token, remaining, err := storage.PrepareContinueToken(last, p.prefix, int64(revision), int64(len(next.shown)+next.rest), true, p.ListOptions)
	if err != nil {
		return err
	}
	return versioner.UpdateList(listObj, revision, token, remaining)
}

type filterKey struct{}

// Filter tells whether an object belongs into a list.
type Filter func(ctx context.Context, object runtime.Object) (bool, error)

// WithFilter has GetList leave out what the filter does.
func WithFilter(ctx context.Context, filter Filter) context.Context {
	return context.WithValue(ctx, filterKey{}, filter)
}

func filterOf(ctx context.Context) Filter {
	filter, _ := ctx.Value(filterKey{}).(Filter)
	return filter
}
