package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/cli/failure"
)

func write(t *testing.T, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

const sixMistakes = `
id: shop-4.2
titel: Shop                        # 1: unknown key
steps:
  - name: deploy
    do:
      http: {url: "ftp://example.com/"}   # 2: no such scheme
webhooks:
  - id: change:board               # 3: a colon
    url: https://example.com/
    events:
      - event: BEFORE_RELESE       # 4: a typing error
      - event: BEFORE_RELEASE
        lock_timeout: 5 minutes    # 5: no duration
        stop_release: histroy.result == 'fail'  # 6: does not compile
`

// TestAFileWithSixMistakesListsSix: "starter validate on a file with six
// different mistakes lists six".
func TestAFileWithSixMistakesListsSix(t *testing.T) {
	t.Parallel()
	file := write(t, "release.yaml", sixMistakes)
	code, out, errors := execute("", nil, "validate", file)
	require.Equal(t, failure.ExitUsage, code)
	require.Empty(t, errors)
	lines := strings.Split(strings.TrimSpace(out), "\n")
	require.Len(t, lines, 6, out)
	for i, beginning := range []string{
		`titel: unknown key; did you mean "title"?`, `webhooks[0].events[1].lock_timeout: must be a Go duration`,
		`steps[0].do.http.url: "ftp://example.com/" must begin with`, `webhooks[0].id: "change:board" has a colon`,
		`webhooks[0].events[0].event: unknown event "BEFORE_RELESE"`,
		`webhooks[0].events[1].stop_release: 1:1: undeclared reference to 'histroy'`,
	} {
		require.True(t, strings.HasPrefix(lines[i], file+": "+beginning), lines[i])
	}

	code, out, errors = execute("", nil, "validate", file, "--output", "json")
	require.Equal(t, failure.ExitUsage, code)
	require.Empty(t, errors)
	report := object(t, out)
	require.Equal(t, false, report["valid"])
	require.Len(t, report["files"].([]any)[0].(map[string]any)["problems"], 6)
}

func TestEveryFileIsChecked(t *testing.T) {
	t.Parallel()
	good := write(t, "good.json", `{"id":"1","task":{"command":{"argv":["true"]}},`+
		`"webhooks":[{"id":"w","url":"https://example.com/","event":"BEFORE_RELEASE"}]}`)
	bad := write(t, "bad.json", `{"id":"1","task":{}}`)
	missing := filepath.Join(t.TempDir(), "none.yaml")
	code, out, _ := execute("event: CREATED", nil, "validate", good, bad, missing, "-")
	require.Equal(t, failure.ExitUsage, code)
	require.Equal(t, strings.Join([]string{
		good +
			": warning: webhooks[0].event: BEFORE_RELEASE is never fired by a job, which fires JOB_START, JOB_COMPLETE, " +
			"JOB_SUCCESS, JOB_FAILURE, JOB_SKIPPED, JOB_MISSED",
		good + ": valid (job)",
		bad + ": task: a task is exactly one of activity, workflow, http and command, not none",
		missing + ": cannot be read: no such file or directory",
		"-: valid (emission)", "",
	}, "\n"), out)
}

func TestValidateTellsWhatAFileDescribes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		input, flag string
		code        int
		want        string
	}{
		"a job":     {`{"id":"1","jobs":["a"]}`, "", failure.ExitOK, "-: valid (job)"},
		"a release": {"id: 1\nsteps: [{name: a, do: {command: {argv: [x]}}}]", "", failure.ExitOK, "-: valid (release)"},
		"nothing known": {`{"id":"1"}`, "", failure.ExitUsage,
			"-: cannot tell what this describes: a release has steps, a job has a task or jobs, an emission has an event, a " +
				"webhook has a url or events, a watch has a query, a freeze has windows; --kind says which it is"},
		"told":           {`{"id":"1"}`, "release", failure.ExitUsage, "-: steps: required: at least one step"},
		"an unknown one": {`{"id":"1"}`, "record", failure.ExitUsage, ""},
		"no JSON":        {`{"id"`, "", failure.ExitUsage, "-: no valid JSON: it ends too early, after 5 bytes"},
		"no YAML":        {"a: [", "", failure.ExitUsage, "-: cannot be read: no valid YAML: line 1: did not find expected node content"},
		"nothing":        {"", "", failure.ExitUsage, "-: required: a JSON object"},
		"a list":         {"- a", "", failure.ExitUsage, `- [0]: must be an object, not "a"`},
		"several": {"- {id: 1, task: {command: {argv: [x]}}}\n---\nevent: A\n", "", failure.ExitOK,
			"- document 1[0]: valid (job)\n- document 2: valid (emission)"},
		"one of several": {`[{"id":1,"task":{}},{"event":"A"}]`, "", failure.ExitUsage,
			"- [0]: task: a task is exactly one of activity, workflow, http and command, not none\n- [1]: valid (emission)"},
		"a key twice": {"event: A\nevent: A", "", failure.ExitUsage, "-: event: is given twice (line 2, column 1)"},
		"too large": {"event: " + strings.Repeat("A", 2<<20), "", failure.ExitUsage,
			"-: cannot be read: larger than 2 MiB, the most that Temporal takes as an input"},
	} {
		args := []string{"validate", "-"}
		if test.flag != "" {
			args = append(args, "--kind", test.flag)
		}
		code, out, _ := execute(test.input, nil, args...)
		require.Equal(t, test.code, code, name)
		require.Equal(t, test.want, strings.TrimSpace(out), name)
	}
}

// TestTheExamplesAreValid: the files that the README names can be run unchanged.
func TestTheExamplesAreValid(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../examples/*.*")
	require.NoError(t, err)
	files = slices.DeleteFunc(files, func(file string) bool { return !slices.Contains([]string{".json", ".yaml"}, filepath.Ext(file)) })
	for _, name := range []string{"job.yaml", "job.json", "release.json", "release.yaml", "emission.json", "sequence.yaml", "gate.yaml"} {
		require.Contains(t, files, filepath.Join("../../examples", name))
	}
	code, out, errors := execute("", nil, append([]string{"validate"}, files...)...)
	require.Equal(t, failure.ExitOK, code, out)
	require.Empty(t, errors)
	require.NotContains(t, out, "warning")
	const more = 2 // jobs.yaml describes three jobs
	require.Equal(t, len(files)+more, strings.Count(out, ": valid ("))
}

// TestSchemaPrintsJSONSchema: it prints the schema of each kind, and refuses other kinds.
func TestSchemaPrintsJSONSchema(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"job", "release", "webhook", "emission"} {
		code, out, _ := execute("", nil, "schema", name)
		require.Equal(t, failure.ExitOK, code)
		require.Equal(t, "https://json-schema.org/draft/2020-12/schema", object(t, out)["$schema"])
	}
	code, out, errors := execute("", nil, "schema", "record")
	require.Equal(t, failure.ExitUsage, code)
	require.Empty(t, out)
	require.Contains(t, errors, `no schema of "record"`)
}

// TestValidateNamesTheKeyThatWasMeant: mistyped keys that determine the kind of a file.
func TestValidateNamesTheKeyThatWasMeant(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{
		`{"id":"1","taks":{}}`:                       `-: taks: unknown key; did you mean "task"?`,
		`{"id":"1","step":[]}`:                       `-: step: unknown key; did you mean "steps"?`,
		`{"id":"1","Jobs":[]}`:                       `-: Jobs: unknown key; did you mean "jobs"?`,
		`{"evnt":"CREATED"}`:                         `-: evnt: unknown key; did you mean "event"?`,
		`{"id":"w","ulr":"x","event":"JOB_SUCCESS"}`: `-: ulr: unknown key; did you mean "url"?`,
		`{"id":"1","tags":[],"data":{}}`:             `a webhook has a url or events, a watch has a query, a freeze has windows; --kind says`,
		`{"id":"1","webhooks":[],"vars":{}}`:         `a webhook has a url or events, a watch has a query, a freeze has windows; --kind says`,
	} {
		code, out, _ := execute(input, nil, "validate", "-")
		require.Equal(t, failure.ExitUsage, code)
		require.Contains(t, out, want)
	}
}
