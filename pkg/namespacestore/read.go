// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package namespacestore

import (
	"context"
	"reflect"
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
	selected, err := s.selectRows(ctx, rows, page)
	if err != nil {
		return err
	}
	return s.fill(listObj, selected, page, rows.revision)
}

// page is which rows a LIST asks for.
type page struct {
	storage.ListOptions
	// prefix is the prefix of the keys, or the one key unless Recursive.
	prefix string
	// start is the first key of the page.
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
	return page{ListOptions: opts, prefix: prefix, start: max(prefix, start), exact: uint64(exact)}, nil
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
		return nil, p.expired()
	}
	seen := *rows
	seen.revision, seen.access = p.exact, s.Feed.head().access
	return &seen, nil
}

func (p page) expired() error {
	if p.Predicate.Continue != "" {
		return expiredContinue(p.start, p.prefix)
	}
	return apiExpired(listExpired)
}

// selectRows returns the rows of the page and all that follow it.
func (s *Store) selectRows(ctx context.Context, v *view, p page) ([]*Row, error) {
	caller, err := callerOf(ctx)
	if err != nil {
		return nil, err
	}
	var selected []*Row
	filter := filterOf(ctx)
	err = s.eachVisible(ctx, v, caller, p, func(row *Row) error {
		if s.Mapping.Key(row.Namespace.Name) < p.start {
			return nil
		}
		matches, err := p.Predicate.Matches(row.Object)
		if err == nil && matches && filter != nil {
			matches, err = filter(ctx, row.Object)
		}
		if matches {
			selected = append(selected, row)
		}
		return err
	})
	return selected, err
}

// eachVisible visits the rows under the prefix of the page that the caller sees, by name.
func (s *Store) eachVisible(ctx context.Context, v *view, caller user.Info, p page, visit func(*Row) error) error {
	name := s.Mapping.Name(p.prefix)
	if !p.Recursive {
		sees, err := s.sees(ctx, v, caller, name)
		if row := v.get(name); err == nil && sees && row != nil {
			return visit(row)
		}
		return err
	}
	return v.each(caller, name, visit)
}

// each visits the rows whose names have the prefix and which the caller sees, by name.
func (v *view) each(caller user.Info, prefix string, visit func(*Row) error) error {
	names, all := v.access.Namespaces(caller)
	if all {
		return v.eachRow(prefix, visit)
	}
	for _, name := range names {
		if !strings.HasPrefix(name, prefix) {
			continue
		}
		if row := v.get(name); row != nil {
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

// fill puts the first rows, as many as the page holds, into the list.
func (s *Store) fill(listObj runtime.Object, rows []*Row, p page, revision uint64) error {
	itemsPtr, err := meta.GetItemsPtr(listObj)
	if err != nil {
		return err
	}
	items, err := conversion.EnforcePtr(itemsPtr)
	if err != nil {
		return err
	}
	size := len(rows)
	if limit := int(p.Predicate.Limit); limit > 0 && p.Recursive {
		size = min(size, limit)
	}
	items.Set(reflect.MakeSlice(items.Type(), 0, size))
	for _, row := range rows[:size] {
		items.Set(reflect.Append(items, reflect.ValueOf(row.Object).Elem()))
	}
	token, remaining, err := s.continuation(rows, size, p, revision)
	if err != nil {
		return err
	}
	p.Predicate.SetShardInfoOnList(listObj)
	return versioner.UpdateList(listObj, revision, token, remaining)
}

func (s *Store) continuation(rows []*Row, size int, p page, revision uint64) (string, *int64, error) {
	if size == len(rows) {
		return "", nil, nil
	}
	last := s.Mapping.Key(rows[size-1].Namespace.Name)
	return storage.PrepareContinueToken(last, p.prefix, int64(revision), int64(len(rows)), true, p.ListOptions)
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
