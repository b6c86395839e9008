package runs

import (
	"strings"
	"time"
)

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
