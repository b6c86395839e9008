package workflows

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A name in a path is no variable; one that may be is taken for one.
func TestWhichSourcesUseAVariable(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]bool{
		"":                                       false,
		"https://example.com/jobs":               false,
		"https://example.com/jobs/7?jobs#jobs":   true,
		"https://example.com/jobs/7":             false,
		"https://example.com/a/jobs?b=c":         false,
		`{"url":"https://example.com/jobs"}`:     false,
		"https://example.com/jobs/${jobs.a.kvp}": true,
		"https://jobs.example.com":               true,
		"${jobs}":                                true,
		"vars.n/jobs.a.kvp.n > 2":                true,
		"vars.n/jobs['a'].kvp.n > 2":             true,
		`{"a":"${\u006aobs}"}`:                   true,
	} {
		require.Equal(t, want, uses(source, "jobs"), source)
	}
}
