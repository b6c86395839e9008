package runs

import (
	"errors"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
)

// statusOpen are the statuses of runs that have not closed: one that somebody has paused by Temporal's
// own means has not.
var statusOpen = []string{"Running", "Paused"}

// Open is the term of a visibility query that is true of the runs that have not closed; see
// [HasClosed]. Only the queries of [Runs.Page] and [Runs.Count] may have it.
var Open = AnyOf("ExecutionStatus", statusOpen...)

// withOpen makes a call with a visibility query. A server that cannot pause runs does not know the
// status, and is asked for those that run.
func withOpen[T any](query string, call func(query string) (T, error)) (T, error) {
	answer, err := call(query)
	var invalid *serviceerror.InvalidArgument
	if errors.As(err, &invalid) && strings.Contains(invalid.Message, "ExecutionStatus value 'Paused'") {
		return call(strings.ReplaceAll(query, Open, "ExecutionStatus = 'Running'"))
	}
	return answer, err
}

// Quote returns a text as a value in a visibility query.
func Quote(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(text) + "'"
}

// Instant returns a time as a value in a visibility query.
func Instant(at time.Time) string { return Quote(at.UTC().Format(time.RFC3339Nano)) }

// Either returns a term that is true if one of two terms is.
func Either(a, b string) string { return "(" + a + " OR " + b + ")" }

// AnyOf returns a term that is true if an attribute has one of the values.
func AnyOf(attribute string, values ...string) string {
	return attribute + " IN (" + quoted(values...) + ")"
}

func quoted(values ...string) string {
	all := make([]string, len(values))
	for i, value := range values {
		all[i] = Quote(value)
	}
	return strings.Join(all, ", ")
}
