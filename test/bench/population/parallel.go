// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package population

import (
	"context"
	"sync"
)

// inParallel does the work for each number from first up to last, which is not among them. It ends at the first error.
func inParallel(ctx context.Context, first, last int, work func(ctx context.Context, number int) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	numbers := make(chan int)
	var working sync.WaitGroup
	for range workers {
		working.Go(func() {
			for number := range numbers {
				if err := work(ctx, number); err != nil {
					stop(err)
					return
				}
			}
		})
	}
	for number := first; number < last && ctx.Err() == nil; number++ {
		select {
		case numbers <- number:
		case <-ctx.Done():
		}
	}
	close(numbers)
	working.Wait()
	return context.Cause(ctx)
}
