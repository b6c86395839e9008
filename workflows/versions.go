package workflows

import "go.temporal.io/sdk/workflow"

// These are changes that a run which began earlier must not see. A run asks for one only where
// it makes a difference, so most runs record none of them.
const (
	// anyCase: "result" is understood in any case, and must be understood.
	anyCase = "result-in-any-case"
	// clearData: signals whose data has no meaning are refused.
	clearData = "clear-data"
	// continuesAsNew: a run with a long history continues as new.
	continuesAsNew = "continues-as-new"
	// continuesLate: so does a batch, a release that is rolled back, and a run whose work has
	// ended.
	continuesLate = "continues-as-new-late"
	// crowdedOut: a run that cannot continue as new refuses signals that cost it more events.
	crowdedOut = "crowded-out"
	// goesOnAfterDeath: a delivery whose worker died while the run handed it over or continued
	// as new is not lost.
	goesOnAfterDeath = "goes-on-after-death"
	// stepFailed: STEP_FAILED fires if a webhook listens to it.
	stepFailed = "step-failed"
	// showsPauses: the memo lists the failed steps that wait for a person.
	showsPauses = "shows-pauses"
	// carriesSignals: a run that continues as new passes on the signals that arrive meanwhile.
	carriesSignals = "carries-signals"
	// lifecycleTold and lifecycleHeld are not changes. They mark a run of a user's own workflow
	// around which the events of a job fire. In the first the workflow begins at once, in the
	// second after JOB_START, which may hold it.
	lifecycleTold = "latch-lifecycle"
	lifecycleHeld = "latch-lifecycle-held"
	// leavesAtOnce: a workflow that knows nothing of Latch does not stay open for retries.
	leavesAtOnce = "leaves-at-once"
	// looksForNewerRuns: the report of a run's end asks for a newer run before each undo.
	looksForNewerRuns = "looks-for-newer-runs"
	// asksForItsTurn: a release that waits for its concurrency key asks again each hour.
	asksForItsTurn = "asks-for-its-turn"
	// keptInBatches: one activity sends many of the kept deliveries.
	keptInBatches = "kept-in-batches"
	// takesHints: a watch looks at once for runs that it is told have closed.
	takesHints = "takes-hints"
)

// knows reports whether the run has a change.
func knows(ctx workflow.Context, change string) bool {
	return workflow.GetVersion(ctx, change, workflow.DefaultVersion, 1) != workflow.DefaultVersion
}
