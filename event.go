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

// The events of jobs and releases. Any other name that matches
// [A-Z][A-Z0-9_]* and has no reserved prefix is a custom event.
const (
	EventJobStart    = "JOB_START"
	EventJobComplete = "JOB_COMPLETE"
	EventJobSuccess  = "JOB_SUCCESS"
	EventJobFailure  = "JOB_FAILURE"
	// EventJobSkipped is fired for a registered job that was to run while its last
	// run went on, EventJobMissed for times of its schedule at which nothing was
	// started, such as while Temporal's server was down.
	EventJobSkipped = "JOB_SKIPPED"
	EventJobMissed  = "JOB_MISSED"

	EventBeforeRelease         = "BEFORE_RELEASE"
	EventBeforeReleaseComplete = "BEFORE_RELEASE_COMPLETE"
	EventBeforeStep            = "BEFORE_STEP"
	EventAfterStep             = "AFTER_STEP"
	EventReleaseComplete       = "RELEASE_COMPLETE"
	EventReleaseSuccess        = "RELEASE_SUCCESS"
	EventReleaseStopped        = "RELEASE_STOPPED"
	EventReleaseRolledBack     = "RELEASE_ROLLED_BACK"
	EventReleaseFailure        = "RELEASE_FAILURE"

	// EventDeliveryExhausted tells operators of a delivery that failed for good,
	// EventEndpointGone of one whose endpoint said that it is gone. Any run fires
	// them, with the record as data.record, but never for deliveries of these
	// two events themselves.
	EventDeliveryExhausted = "DELIVERY_EXHAUSTED"
	EventEndpointGone      = "ENDPOINT_GONE"
)

var (
	jobEvents = []string{EventJobStart, EventJobComplete, EventJobSuccess, EventJobFailure, EventJobSkipped, EventJobMissed}

	// decidingEvents are the release events at which a hook may decide.
	decidingEvents = []string{EventBeforeRelease, EventBeforeStep, EventAfterStep, EventBeforeReleaseComplete}

	releaseEvents = append(slices.Clone(decidingEvents), EventReleaseComplete, EventReleaseSuccess,
		EventReleaseStopped, EventReleaseRolledBack, EventReleaseFailure)

	operatorEvents = []string{EventDeliveryExhausted, EventEndpointGone}

	reservedPrefixes = []string{"JOB_", "RELEASE_", "BEFORE_", "AFTER_", "DELIVERY_", "ENDPOINT_", "LOCK_"}

	eventName = regexp.MustCompile(`^[A-Z][A-Z0-9_]*$`)
)

// maximumNameLength bounds ids and event names, in bytes.
const maximumNameLength = 200

// IsBuiltInEvent tells whether Latch itself fires the event.
func IsBuiltInEvent(event string) bool {
	return isJobEvent(event) || isReleaseEvent(event) || IsOperatorEvent(event)
}

// IsOperatorEvent tells whether the event is about a delivery, for operators.
func IsOperatorEvent(event string) bool { return slices.Contains(operatorEvents, event) }

// JobEvents returns the events that are about jobs.
func JobEvents() []string { return slices.Clone(jobEvents) }

func isJobEvent(event string) bool { return slices.Contains(jobEvents, event) }

func isReleaseEvent(event string) bool { return slices.Contains(releaseEvents, event) }

// EventMayBlock tells whether a hook may block at the event (contract, "Events").
func EventMayBlock(event string) bool {
	return event == EventJobStart || slices.Contains(decidingEvents, event) || !IsBuiltInEvent(event)
}

// EventDecides tells whether hooks at the event decide about the release.
func EventDecides(event string) bool { return slices.Contains(decidingEvents, event) }

// CheckEvent returns what is wrong with the name of an event, nil where there
// can be one of that name.
func CheckEvent(event string) error {
	if problem := checkEventName(event); problem != "" {
		return errors.New(problem)
	}
	return nil
}

// checkEventName gives what is wrong with an event's name, "" for nothing.
func checkEventName(event string) string {
	switch {
	case IsBuiltInEvent(event):
		return ""
	case len(event) > maximumNameLength:
		return fmt.Sprintf("an event's name has at most %d bytes, this one %d", maximumNameLength, len(event))
	}
	known := slices.Concat(jobEvents, releaseEvents, operatorEvents)
	hint := typo.Hint(event, known)
	if !eventName.MatchString(event) {
		return fmt.Sprintf("%q is no event: a name matches [A-Z][A-Z0-9_]*%s", event, hint)
	}
	for _, prefix := range reservedPrefixes {
		if strings.HasPrefix(event, prefix) {
			return fmt.Sprintf("unknown event %q: names that begin with %s are reserved%s", event, prefix,
				cmp.Or(hint, "; the events are "+strings.Join(known, ", ")))
		}
	}
	return ""
}
