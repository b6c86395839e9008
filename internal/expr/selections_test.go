package expr_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/expr"
)

// The root variables that an expression selects, and without which it fails.
func TestSelections(t *testing.T) {
	t.Parallel()
	for source, want := range map[string][]string{
		`job.title`: {"job.title"},
		`job['status']['kvp']['rows loaded'] > 1 || job.status.kvp.rows == 'it\'s'`: {"job.status.kvp['rows loaded']", "job.status.kvp.rows"},
		`job.tags[0] + job['webhooks'][1].url`:                                      {"job.tags[0]", "job.webhooks[1].url"},
		`history.data.size() > job.n`:                                               {"history.data", "job.n"},
		`has(job.title) && job.title == 'x'`:                                        {"job"},
		`'rate' in history.data ? history.data.rate : 1`:                            {"history.data"},
		`job[?'title'].orValue('none') + job.?name.orValue(vars.name)`:              {"job", "vars.name"},
		`job.?status.kvp.rows.orValue(1) > job.status.kvp.rows`:                     {"job"},
		`records.exists(job, job.owner == vars.owner && event == 'job.x')`:          {"records", "vars.owner", "event"},
		`[job.a, {'k': job.b, job.c: 1}.k][0]`:                                      {"job.a", "job.b", "job.c"},
		`vars[job.key].x`:                                                           {"vars", "job.key"},
		`.job.title`:                                                                {"job.title"},
		`jobs['a\'b'].kvp`:                                                          {`jobs['a\'b'].kvp`},
		`'${job.title}' == 'job'`:                                                   nil,
	} {
		var got []string
		selected, alone := compiled(t, source).Selections()
		for _, selection := range selected {
			got = append(got, selection.String())
		}
		require.Equal(t, want, got, source)
		require.Equal(t, len(want) == 1 && strings.TrimPrefix(source, ".") == want[0], alone, source)
	}
	template, err := expr.CompileTemplate(`{"a": "$${job.x} ${job.title}", "b": "${job[\"title\"]} ${ {'}':job.id}['}'] }"}`, expr.InJSON)
	require.NoError(t, err)
	var sources []string
	for _, expression := range template.Expressions() {
		sources = append(sources, expression.Source())
	}
	require.Equal(t, []string{"job.title", `job["title"]`, ` {'}':job.id}['}'] `}, sources)
}

// compiled compiles an expression as a decision, or as one in a template if it is no bool.
func compiled(t *testing.T, source string) *expr.Expression {
	t.Helper()
	if decision, err := expr.Compile(source, expr.StopRelease); err == nil {
		return decision
	}
	template, err := expr.CompileTemplate("${"+source+"}", expr.InText)
	require.NoError(t, err, source)
	return template.Expressions()[0]
}
