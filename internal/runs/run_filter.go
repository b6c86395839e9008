package runs

import (
	"slices"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/typo"
)

// A RunFilter says which releases, or which gates, to list; the zero value
// matches all.
type RunFilter struct {
	// Status is one of [ReleaseStatuses] or [GateStatuses], or empty.
	Status string
	// Since and Until bound the time when a run began. Until is exclusive.
	Since, Until time.Time
	// Search is a part of the id, the workflow id, a release's title or a gate's
	// event, in any case, or empty. Temporal cannot search for it, so that more
	// runs are read than are returned.
	Search string
}

// Check returns an [ArgumentError] if no run of the kind, a release or a gate,
// can match the filter.
func (f *RunFilter) Check(kind latch.Kind) error {
	if kind == latch.GateKind {
		return gates.check(f)
	}
	return releases.check(f)
}

// A listedStatus says how Temporal finds the runs of a status.
type listedStatus struct {
	name string
	// as are the statuses that such runs have in Temporal.
	as []string
	// tagged reports that other runs with these statuses have another LatchStatus.
	tagged bool
	// except are the LatchStatus of runs with these statuses that have another
	// status. A run without LatchStatus has this one.
	except []string
}

func (l *listing) names() []string {
	names := make([]string, len(l.statuses))
	for i, status := range l.statuses {
		names[i] = status.name
	}
	return names
}

// find returns the status of a name, or nil.
func (l *listing) find(name string) *listedStatus {
	at := slices.IndexFunc(l.statuses, func(s listedStatus) bool { return s.name == name })
	if at < 0 {
		return nil
	}
	return &l.statuses[at]
}

func (l *listing) check(f *RunFilter) error {
	switch {
	case f.Status != "" && l.find(f.Status) == nil:
		return wrong("status", "%q is not a status of a %s; one is %s%s", f.Status, l.kind,
			strings.Join(l.names(), ", "), typo.Hint(f.Status, l.names()))
	case !f.Since.IsZero() && !f.Until.IsZero() && !f.Since.Before(f.Until):
		return wrong("since", "%s does not come before until (%s)", f.Since.UTC().Format(time.RFC3339), f.Until.UTC().Format(time.RFC3339))
	default:
		return nil
	}
}

// query returns a visibility query that finds at least the runs that match the
// filter. Temporal knows how a run closed; its result is known only from the
// search attribute LatchStatus. Without attributes the query finds more runs
// than match.
func (l *listing) query(f *RunFilter, attributes bool) string {
	terms := []string{"WorkflowType = " + Quote(l.kind.Workflow())}
	switch status := l.find(f.Status); {
	case status == nil:
		terms = append(terms, "ExecutionStatus != 'ContinuedAsNew'")
	case attributes:
		terms = append(terms, status.query(), status.attributes())
	default:
		terms = append(terms, status.query())
	}
	if !f.Since.IsZero() {
		terms = append(terms, "StartTime >= "+Instant(f.Since))
	}
	if !f.Until.IsZero() {
		terms = append(terms, "StartTime < "+Instant(f.Until))
	}
	return strings.Join(slices.DeleteFunc(terms, func(term string) bool { return term == "" }), " AND ")
}

// query returns the term about Temporal's status.
func (s *listedStatus) query() string {
	if len(s.as) == 1 {
		return "ExecutionStatus = " + Quote(s.as[0])
	}
	return AnyOf("ExecutionStatus", s.as...)
}

// attributes returns the term about LatchStatus, or "" if Temporal's status says
// all.
func (s *listedStatus) attributes() string {
	switch {
	case s.tagged:
		return Either(latch.SearchAttributeStatus+" = "+Quote(s.name), latch.SearchAttributeID+" IS NULL")
	case len(s.except) > 0:
		return Either(latch.SearchAttributeStatus+" IS NULL", latch.SearchAttributeStatus+" NOT IN ("+quoted(s.except...)+")")
	default:
		return ""
	}
}
