package latch

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/latch-run/latch/internal/typo"
)

// These are the events of jobs and releases. Any other name that matches [A-Z][A-Z0-9_]* and
// has no reserved prefix is a custom event.
const (
	EventJobStart    = "JOB_START"
	EventJobComplete = "JOB_COMPLETE"
	EventJobSuccess  = "JOB_SUCCESS"
	EventJobFailure  = "JOB_FAILURE"
	// EventJobSkipped fires for a registered job whose last run was still open when it was due.
	// EventJobMissed fires for times of its schedule at which nothing was started, for example
	// because Temporal's server was down.
	EventJobSkipped = "JOB_SKIPPED"
	EventJobMissed  = "JOB_MISSED"

	EventBeforeRelease         = "BEFORE_RELEASE"
	EventBeforeTarget          = "BEFORE_TARGET"
	EventAfterTarget           = "AFTER_TARGET"
	EventBeforeReleaseComplete = "BEFORE_RELEASE_COMPLETE"
	EventBeforeStep            = "BEFORE_STEP"
	EventAfterStep             = "AFTER_STEP"
	EventStepFailed            = "STEP_FAILED"
	EventReleaseComplete       = "RELEASE_COMPLETE"
	EventReleaseSuccess        = "RELEASE_SUCCESS"
	EventReleaseStopped        = "RELEASE_STOPPED"
	EventReleaseRolledBack     = "RELEASE_ROLLED_BACK"
	EventReleaseFailure        = "RELEASE_FAILURE"

	// EventDeliveryExhausted informs operators of a delivery that failed permanently,
	// EventEndpointGone of one whose endpoint answered 410 Gone. Any run fires them, with the
	// record as data.record, but never for deliveries of these two events themselves.
	EventDeliveryExhausted = "DELIVERY_EXHAUSTED"
	EventEndpointGone      = "ENDPOINT_GONE"

	// These three events are about the endpoint of a registered webhook with a [Health]. The
	// other registered webhooks of its task queue receive them.
	EventEndpointFailing   = "ENDPOINT_FAILING"
	EventEndpointDisabled  = "ENDPOINT_DISABLED"
	EventEndpointRecovered = "ENDPOINT_RECOVERED"

	// These events are about the lock of a hook that blocks. The run that holds the lock fires
	// them, to those of its webhooks that listen, with a [LockEvent] as data.
	EventLockOpened    = "LOCK_OPENED"
	EventLockReminder  = "LOCK_REMINDER"
	EventLockEscalated = "LOCK_ESCALATED"
	EventLockRemoved   = "LOCK_REMOVED"
	EventLockTimedOut  = "LOCK_TIMED_OUT"

	// These events are about any workflow that has closed, as a [Watch] finds it. A run that
	// continues as new has not ended, so EventWorkflowContinued is only looked for if a webhook
	// listens to it.
	EventWorkflowCompleted  = "WORKFLOW_COMPLETED"
	EventWorkflowFailed     = "WORKFLOW_FAILED"
	EventWorkflowTimedOut   = "WORKFLOW_TIMED_OUT"
	EventWorkflowCanceled   = "WORKFLOW_CANCELED"
	EventWorkflowTerminated = "WORKFLOW_TERMINATED"
	EventWorkflowContinued  = "WORKFLOW_CONTINUED"
)

// A BuiltInEvent describes an event that Latch itself fires.
type BuiltInEvent struct {
	Name string
	// Of is the kind of run that fires the event. [DeliveryKind] stands for any run.
	Of Kind
	// MayBlock reports whether a hook may hold the run at the event. Decides reports whether
	// its hooks decide about the release.
	MayBlock, Decides bool
	// OfStep reports whether the event is about one step.
	OfStep bool
	// Means says when the event fires.
	Means string
}

// builtInEvents is the table of built-in events. A new event is added here; only the code that
// fires it is elsewhere.
var builtInEvents = []BuiltInEvent{
	{Name: EventJobStart, Of: JobKind, MayBlock: true, Means: "Before the work of a job."},
	{Name: EventJobComplete, Of: JobKind, Means: "The work has ended, however it did."},
	{Name: EventJobSuccess, Of: JobKind, Means: "The work has succeeded."},
	{Name: EventJobFailure, Of: JobKind, Means: "The work has failed, or the job was cancelled."},
	{Name: EventJobSkipped, Of: JobKind, Means: "A registered job was to run while its last run went on."},
	{Name: EventJobMissed, Of: JobKind, Means: "Times of a registered job's schedule passed without a run."},
	{Name: EventBeforeRelease, Of: ReleaseKind, MayBlock: true, Decides: true, Means: "Before the first step."},
	{Name: EventBeforeTarget, Of: ReleaseKind, MayBlock: true, Decides: true,
		Means: "Before the steps for a target, in a release with `targets`."},
	{Name: EventBeforeStep, Of: ReleaseKind, MayBlock: true, Decides: true, OfStep: true, Means: "Before each step."},
	{Name: EventStepFailed, Of: ReleaseKind, OfStep: true, Means: "A step has failed; again each time that it fails when it is retried."},
	{Name: EventAfterStep, Of: ReleaseKind, MayBlock: true, Decides: true, OfStep: true, Means: "After each step, done or failed."},
	{Name: EventAfterTarget, Of: ReleaseKind, MayBlock: true, Decides: true, Means: "After the steps for a target, once they are done."},
	{Name: EventBeforeReleaseComplete, Of: ReleaseKind, MayBlock: true, Decides: true, Means: "After the last step, before the release counts as released."},
	{Name: EventReleaseComplete, Of: ReleaseKind, Means: "The release has ended, however it did."},
	{Name: EventReleaseSuccess, Of: ReleaseKind, Means: "The release is released."},
	{Name: EventReleaseStopped, Of: ReleaseKind, Means: "The release was stopped; what was done stays."},
	{Name: EventReleaseRolledBack, Of: ReleaseKind, Means: "The release was rolled back; its steps are undone."},
	{Name: EventReleaseFailure, Of: ReleaseKind, Means: "The release has failed, or was cancelled."},
	{Name: EventDeliveryExhausted, Of: DeliveryKind, Means: "A delivery has failed for good."},
	{Name: EventEndpointGone, Of: DeliveryKind, Means: "A delivery's endpoint has answered 410 Gone."},
	{Name: EventEndpointFailing, Of: EndpointKind, Means: "As many attempts in a row have failed as `warn_at` says; once for each of its numbers."},
	{Name: EventEndpointDisabled, Of: EndpointKind, Means: "An attempt has failed, and so have all for as long as `disable_after` says: nothing more is sent."},
	{Name: EventEndpointRecovered, Of: EndpointKind, Means: "An attempt is delivered again, after one of the two events above."},
	{Name: EventLockOpened, Of: LockKind, Means: "A hook's lock was made."},
	{Name: EventLockReminder, Of: LockKind, Means: "A lock is still open at one of the times of its hook's `remind`."},
	{Name: EventLockEscalated, Of: LockKind, Means: "A lock is still open at the time of its hook's `escalate`: more people may vote."},
	{Name: EventLockRemoved, Of: LockKind, Means: "A lock was removed, by a person or by a decision that came from elsewhere."},
	{Name: EventLockTimedOut, Of: LockKind, Means: "A lock has timed out, and `on_timeout` or the gate's `on_deadline` has decided."},
	{Name: EventWorkflowCompleted, Of: WatchKind, Means: "A run that a watch looks for has completed."},
	{Name: EventWorkflowFailed, Of: WatchKind, Means: "Such a run has failed."},
	{Name: EventWorkflowTimedOut, Of: WatchKind, Means: "Such a run has run into a timeout of Temporal's."},
	{Name: EventWorkflowCanceled, Of: WatchKind, Means: "Such a run was canceled, and has ended by that."},
	{Name: EventWorkflowTerminated, Of: WatchKind, Means: "Such a run was terminated."},
	{Name: EventWorkflowContinued, Of: WatchKind, Means: "Such a run has gone on as a new one."},
}

// reservedPrefixes prevent a misspelt built-in event from counting as a custom one.
var reservedPrefixes = []string{"JOB_", "RELEASE_", "BEFORE_", "AFTER_", "DELIVERY_", "ENDPOINT_", "LOCK_", "WORKFLOW_", "STEP_"}

var eventName = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)

// maximumNameLength bounds ids and event names, in bytes.
const maximumNameLength = 200

// BuiltInEvents returns the events that Latch itself fires, in the order of the documents.
func BuiltInEvents() []BuiltInEvent { return slices.Clone(builtInEvents) }

// EventsOf returns the names of the events that runs of a kind fire.
func EventsOf(kind Kind) []string {
	return eventNames(func(e BuiltInEvent) bool { return e.Of == kind })
}

func eventNames(match func(BuiltInEvent) bool) []string {
	var names []string
	for _, event := range builtInEvents {
		if match(event) {
			names = append(names, event.Name)
		}
	}
	return names
}

// builtIn returns the description of a built-in event.
func builtIn(name string) (BuiltInEvent, bool) {
	i := slices.IndexFunc(builtInEvents, func(e BuiltInEvent) bool { return e.Name == name })
	if i < 0 {
		return BuiltInEvent{}, false
	}
	return builtInEvents[i], true
}

// IsBuiltInEvent reports whether Latch itself fires the event.
func IsBuiltInEvent(event string) bool {
	_, known := builtIn(event)
	return known
}

// IsOperatorEvent reports whether the event is about a delivery or an endpoint, for
// operators.
func IsOperatorEvent(event string) bool {
	known, is := builtIn(event)
	return is && (known.Of == DeliveryKind || known.Of == EndpointKind)
}

// IsStepEvent reports whether the event is about one step of a release.
func IsStepEvent(event string) bool {
	known, _ := builtIn(event)
	return known.OfStep
}

// IsTargetEvent reports whether the event is about one target of a release with targets.
func IsTargetEvent(event string) bool {
	return event == EventBeforeTarget || event == EventAfterTarget || IsStepEvent(event)
}

// IsLifecycleEvent reports whether the event fires around a workflow that knows nothing of
// Latch, too: an event of any job, and not only of a registered one.
func IsLifecycleEvent(event string) bool {
	return slices.Contains([]string{EventJobStart, EventJobComplete, EventJobSuccess, EventJobFailure}, event)
}

// IsEndpointEvent reports whether the event is about the endpoint of a registered webhook. No
// run fires such an event.
func IsEndpointEvent(event string) bool {
	known, is := builtIn(event)
	return is && known.Of == EndpointKind
}

// IsLockEvent reports whether the event is about a lock. Any run that holds one may fire it.
func IsLockEvent(event string) bool {
	known, is := builtIn(event)
	return is && known.Of == LockKind
}

// EventMayBlock reports whether a hook may block at the event (contract, "Events").
func EventMayBlock(event string) bool {
	known, is := builtIn(event)
	return !is || known.MayBlock
}

// EventDecides reports whether hooks at the event decide about the release.
func EventDecides(event string) bool {
	known, _ := builtIn(event)
	return known.Decides
}

// CheckEvent returns an error if the name of an event is not valid.
func CheckEvent(event string) error {
	if problem := checkEventName(event); problem != "" {
		return errors.New(problem)
	}
	return nil
}

// checkEventName describes the problem of an event's name, or returns "".
func checkEventName(event string) string {
	switch {
	case IsBuiltInEvent(event):
		return ""
	case len(event) > maximumNameLength:
		return fmt.Sprintf("an event's name has at most %d bytes, this one %d", maximumNameLength, len(event))
	}
	known := func() []string { return eventNames(func(BuiltInEvent) bool { return true }) }
	if !eventName.MatchString(event) {
		return fmt.Sprintf("%q is not an event: a name matches [A-Z][A-Z0-9_]*%s", event, typo.Hint(event, known()))
	}
	for _, prefix := range reservedPrefixes {
		if strings.HasPrefix(event, prefix) {
			return fmt.Sprintf("unknown event %q: names that begin with %s are reserved%s", event, prefix,
				cmp.Or(typo.Hint(event, known()), "; the events are "+strings.Join(known(), ", ")))
		}
	}
	return ""
}
