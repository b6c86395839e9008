package metric

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Names and labels are Prometheus' by convention: base units, no suffix that the
// kind adds, and labels that it allows.
func TestCatalogueFollowsPrometheusConventions(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, each := range All() {
		require.False(t, seen[each.Name], "%s is given twice", each.Name)
		seen[each.Name] = true
		require.Regexp(t, regexp.MustCompile(`^latch_[a-z_]+[a-z]$`), each.Name)
		require.Equal(t, each.Kind == Counter, strings.HasSuffix(each.Exposed(), "_total"), each.Name)
		require.NotRegexp(t, `_(bucket|sum|count|info_info|seconds_seconds)$`, each.Exposed())
		require.True(t, each.Worker || each.API, "%s belongs to no program", each.Name)
		require.NotEmpty(t, each.Help, each.Name)
		require.IsIncreasing(t, append([]string{""}, each.Labels...), each.Name)
		found, known := Find(each.Name)
		require.True(t, known)
		require.Equal(t, each, found)
	}
	_, known := Find("latch_nothing")
	require.False(t, known)
}

// Labels have a bounded number of values: events that users name are one, and so
// are statuses that no answer has.
func TestLabelsAreBounded(t *testing.T) {
	t.Parallel()
	require.Equal(t, latch.EventJobStart, Event(latch.EventJobStart))
	require.Equal(t, "custom", Event("DEPLOYED"))
	require.Equal(t, "custom", Event(""))
	for status, class := range map[int]string{0: "none", 99: "none", 100: "1xx", 204: "2xx", 301: "3xx",
		429: "4xx", 599: "5xx", 600: "none", -1: "none"} {
		require.Equal(t, class, StatusClass(status), status)
	}
	require.Equal(t, map[string]string{"a": "1", "b": "2"}, Labels("a", "1", "b", "2"))
}
