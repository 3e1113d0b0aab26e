// Copyright The Spaces Authors.
// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"context"
	"testing"

	"k8s.io/apiserver/pkg/storage"
	storagetesting "k8s.io/apiserver/pkg/storage/testing"
)

// upstreamTest is a test of the suite, and what comes of it.
type upstreamTest struct {
	// name is what upstream calls the test of its own stores that runs the function.
	name string
	// function is that of the suite.
	function any
	// run calls the function, unless the function is a plainFunction or not applicable.
	run func(t *testing.T, f *fixture)
	// gaps are the subtests that do not pass, all of them.
	gaps []gap
	// notApplicable says why the test is not run.
	notApplicable string
}

// gap is why some subtests do not pass.
type gap struct {
	reason   string
	subtests []string
}

// plainFunction is what most functions of the suite are.
type plainFunction = func(ctx context.Context, t *testing.T, store storage.Interface)

func (u upstreamTest) runOn(t *testing.T, f *fixture) {
	t.Helper()
	if u.run != nil {
		u.run(t, f)
		return
	}
	run, ok := u.function.(plainFunction)
	if !ok {
		t.Fatalf("The function is a %T", u.function)
	}
	run(f.ctx, t, f.store)
}

// Why what the suite tests is not a thing here.
const (
	noTTL           = "Rows have no time to live. When a Space expires, a controller deletes it."
	noDecodeErrors  = "Reads do not decode and never fail to: what cannot be decoded is shown as such, once, when it is stored."
	noUnsafeDelete  = "What cannot be decoded is shown as such, and deleted like everything else; there is no unsafe deletion."
	noLinearizable  = "A LIST shows what this server wrote and what its cache has, not what others wrote this very moment."
	noWriteInDecode = "The test creates objects from inside of decoding. Here the one goroutine that feeds the cache decodes, and nothing it calls may write."
	noCompaction    = "Nothing is compacted, and there is no revision to tell: the log forgets entry by entry."
	noProgress      = "Only a watch cache asks its own storage for progress. Clients ask for bookmarks, and get them."
	noSizes         = "The sizes of objects are not estimated."

	noNeedlessPage = "A continue token is given only if something is left that the selector selects; etcd's pages end where they end."
	noEarlyHistory = "The log begins when the server starts, so a watch cannot resume from revision 1: it is told to list again."
)

// suite has all tests of the suite, as upstream orders them.
var suite = []upstreamTest{
	{name: "Create", function: storagetesting.RunTestCreate, run: func(t *testing.T, f *fixture) {
		storagetesting.RunTestCreate(f.ctx, t, f.store, f.validate)
	}},
	{name: "CreateWithTTL", function: storagetesting.RunTestCreateWithTTL, notApplicable: noTTL},
	{name: "CreateWithKeyExist", function: storagetesting.RunTestCreateWithKeyExist},
	{name: "Get", function: storagetesting.RunTestGet},
	{name: "UnconditionalDelete", function: storagetesting.RunTestUnconditionalDelete},
	{name: "ConditionalDelete", function: storagetesting.RunTestConditionalDelete},
	{name: "DeleteWithSuggestion", function: storagetesting.RunTestDeleteWithSuggestion},
	{name: "DeleteWithSuggestionAndConflict", function: storagetesting.RunTestDeleteWithSuggestionAndConflict},
	{name: "DeleteWithSuggestionOfDeletedObject", function: storagetesting.RunTestDeleteWithSuggestionOfDeletedObject},
	{name: "ValidateDeletionWithSuggestion", function: storagetesting.RunTestValidateDeletionWithSuggestion},
	{name: "ValidateDeletionWithOnlySuggestionValid", function: storagetesting.RunTestValidateDeletionWithOnlySuggestionValid},
	{name: "DeleteWithConflict", function: storagetesting.RunTestDeleteWithConflict},
	{
		name:          "DeleteWithConflictAndMissingExpectedTransformOrDecodeError",
		function:      storagetesting.RunTestDeleteWithConflictAndMissingExpectedTransformOrDecodeError,
		notApplicable: noUnsafeDelete,
	},
	{
		name:     "DeleteWithConflictAndExpectedDecodeError",
		function: storagetesting.RunTestDeleteExpectedTransformOrDecodeError,
		run: func(t *testing.T, f *fixture) {
			storagetesting.RunTestDeleteExpectedTransformOrDecodeError(f.ctx, t, f.store, f.mapping.setUndecodable)
		},
	},
	{
		name:          "DeleteWithSuggestionAndMissingExpectedTransformOrDecodeError",
		function:      storagetesting.RunTestDeleteWithSuggestionAndMissingExpectedTransformOrDecodeError,
		notApplicable: noUnsafeDelete,
	},
	{name: "PreconditionalDeleteWithSuggestion", function: storagetesting.RunTestPreconditionalDeleteWithSuggestion},
	{name: "PreconditionalDeleteWithSuggestionPass", function: storagetesting.RunTestPreconditionalDeleteWithOnlySuggestionPass},
	{name: "ListPaging", function: storagetesting.RunTestListPaging},
	{
		name:     "List",
		function: storagetesting.RunTestList,
		run: func(t *testing.T, f *fixture) {
			const watchCacheEnabled = false // It would skip what a watch cache gets wrong.
			storagetesting.RunTestList(f.ctx, t, f.store, f.compact, watchCacheEnabled, nil)
		},
		gaps: []gap{{reason: noNeedlessPage, subtests: []string{
			"test List with filter returning only one item, ensure only a single page returned",
			"test List with filter returning only one item, ensure only a single page returned with current resource version and match=NotOlderThan",
			"test List with filter returning two items, more pages possible",
			"test List with filter returning two items, more pages possible with current resource version and match=NotOlderThan",
		}}},
	},
	{name: "ConsistentList", function: storagetesting.RunTestConsistentList, notApplicable: noLinearizable},
	{name: "GetListNonRecursive", function: storagetesting.RunTestGetListNonRecursive, run: func(t *testing.T, f *fixture) {
		storagetesting.RunTestGetListNonRecursive(f.ctx, t, f.increaseRV, f.store)
	}},
	{name: "GetListRecursivePrefix", function: storagetesting.RunTestGetListRecursivePrefix},
	{name: "GetListWithErrorAggregation", function: storagetesting.RunTestGetListWithErrorAggregation, notApplicable: noDecodeErrors},
	{name: "GetListWithoutErrorAggregation", function: storagetesting.RunTestGetListWithoutErrorAggregation, notApplicable: noDecodeErrors},
	{name: "ListContinuation", function: storagetesting.RunTestListContinuation, run: func(t *testing.T, f *fixture) {
		storagetesting.RunTestListContinuation(f.ctx, t, f.store, nil)
	}},
	{name: "ListPaginationRareObject", function: storagetesting.RunTestListPaginationRareObject, run: func(t *testing.T, f *fixture) {
		storagetesting.RunTestListPaginationRareObject(f.ctx, t, f.store, nil)
	}},
	{name: "ListContinuationWithFilter", function: storagetesting.RunTestListContinuationWithFilter, run: func(t *testing.T, f *fixture) {
		storagetesting.RunTestListContinuationWithFilter(f.ctx, t, f.store, nil)
	}},
	{name: "ListInconsistentContinuation", function: storagetesting.RunTestListInconsistentContinuation, run: func(t *testing.T, f *fixture) {
		storagetesting.RunTestListInconsistentContinuation(f.ctx, t, f.store, f.compact)
	}},
	{name: "ListResourceVersionMatch", function: storagetesting.RunTestListResourceVersionMatch, notApplicable: noWriteInDecode},
	{name: "GuaranteedUpdate", function: storagetesting.RunTestGuaranteedUpdate, run: func(t *testing.T, f *fixture) {
		storagetesting.RunTestGuaranteedUpdate(f.ctx, t, f.store, f.validate)
	}},
	{name: "GuaranteedUpdateWithTTL", function: storagetesting.RunTestGuaranteedUpdateWithTTL, notApplicable: noTTL},
	{name: "GuaranteedUpdateChecksStoredData", function: storagetesting.RunTestGuaranteedUpdateChecksStoredData, run: func(t *testing.T, f *fixture) {
		storagetesting.RunTestGuaranteedUpdateChecksStoredData(f.ctx, t, f.store)
	}},
	{name: "GuaranteedUpdateWithConflict", function: storagetesting.RunTestGuaranteedUpdateWithConflict},
	{name: "GuaranteedUpdateWithSuggestionAndConflict", function: storagetesting.RunTestGuaranteedUpdateWithSuggestionAndConflict},
	{name: "TransformationFailure", function: storagetesting.RunTestTransformationFailure, notApplicable: noDecodeErrors},
	{name: "Stats", function: storagetesting.RunTestStats, run: func(t *testing.T, f *fixture) {
		const sizeEnabled = false
		storagetesting.RunTestStats(f.ctx, t, f.store, f.mapping.codec, f.mapping.transformer, sizeEnabled)
	}},
	{name: "StatsWithSizes", function: storagetesting.RunTestStats, notApplicable: noSizes},
	{name: "NamespaceScopedList", function: storagetesting.RunTestNamespaceScopedList},
	{name: "CompactRevision", function: storagetesting.RunTestCompactRevision, notApplicable: noCompaction},
	{name: "KeySchema", function: storagetesting.RunTestKeySchema},

	{name: "Watch", function: storagetesting.RunTestWatch},
	{name: "ClusterScopedWatch", function: storagetesting.RunTestClusterScopedWatch},
	{name: "NamespaceScopedWatch", function: storagetesting.RunTestNamespaceScopedWatch},
	{name: "DeleteTriggerWatch", function: storagetesting.RunTestDeleteTriggerWatch},
	{name: "WatchFromZero", function: storagetesting.RunTestWatchFromZero, run: func(t *testing.T, f *fixture) {
		storagetesting.RunTestWatchFromZero(f.ctx, t, f.store, f.compact)
	}},
	{name: "WatchFromNonZero", function: storagetesting.RunTestWatchFromNonZero},
	{name: "DelayedWatchDelivery", function: storagetesting.RunTestDelayedWatchDelivery},
	{name: "WatchError", function: storagetesting.RunTestWatchError, notApplicable: noDecodeErrors},
	{name: "WatchContextCancel", function: storagetesting.RunTestWatchContextCancel},
	{name: "WatcherTimeout", function: storagetesting.RunTestWatcherTimeout},
	{name: "WatchDeleteEventObjectHaveLatestRV", function: storagetesting.RunTestWatchDeleteEventObjectHaveLatestRV},
	{name: "WatchInitializationSignal", function: storagetesting.RunTestWatchInitializationSignal},
	{name: "ProgressNotify", function: storagetesting.RunOptionalTestProgressNotify, notApplicable: noProgress},
	{name: "WatchWithUnsafeDelete", function: storagetesting.RunTestWatchWithUnsafeDelete, notApplicable: noUnsafeDelete},
	{name: "WatchDispatchBookmarkEvents", function: storagetesting.RunTestWatchDispatchBookmarkEvents, run: func(t *testing.T, f *fixture) {
		const expectedWatchBookmarks = true
		storagetesting.RunTestWatchDispatchBookmarkEvents(f.ctx, t, f.store, expectedWatchBookmarks)
	}},
	{name: "WatchBookmarksWithCorrectResourceVersion", function: storagetesting.RunTestOptionalWatchBookmarksWithCorrectResourceVersion},
	{name: "SendInitialEventsBackwardCompatibility", function: storagetesting.RunSendInitialEventsBackwardCompatibility},
	{
		name:     "WatchSemantics",
		function: storagetesting.RunWatchSemantics,
		gaps: []gap{{reason: noEarlyHistory, subtests: []string{
			"allowWatchBookmarks=true, sendInitialEvents=false, RV=1",
			"allowWatchBookmarks=false, sendInitialEvents=false, RV=1",
		}}},
	},
	{name: "WatchSemanticInitialEventsExtended", function: storagetesting.RunWatchSemanticInitialEventsExtended},
	{name: "WatchListMatchSingle", function: storagetesting.RunWatchListMatchSingle},
	{name: "WatchErrorEventIsBlockingFurtherEvent", function: storagetesting.RunWatchErrorIsBlockingFurtherEvents, notApplicable: noDecodeErrors},
}
