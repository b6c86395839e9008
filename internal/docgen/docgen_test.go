package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/docshell"
	"github.com/latch-run/latch/internal/schema"
	"github.com/latch-run/latch/internal/settings"
)

// The documents agree with the code about keys, events, variables, settings, routes and
// commands.
func TestTheDocumentsAreCurrent(t *testing.T) {
	t.Parallel()
	changed, err := outdated(root)
	require.NoError(t, err)
	var files []string
	for _, page := range changed {
		files = append(files, page.file)
	}
	require.Empty(t, files, "these have parts that the code describes otherwise; run: make docs")
}

// Everything that can be generated is in one document, so that no new structure, kind of event
// or set of settings is forgotten.
func TestEverythingThatIsGeneratedHasAPlace(t *testing.T) {
	t.Parallel()
	of := places(t)
	generated := slices.DeleteFunc(structures(t), func(name string) bool { return slices.Contains(inWords, name) })
	require.ElementsMatch(t, generated, of["keys"])
	var kinds []string
	for _, event := range latch.BuiltInEvents() {
		kinds = append(kinds, string(event.Of))
	}
	slices.Sort(kinds)
	require.ElementsMatch(t, slices.Compact(kinds), of["events"])
	var shapes []string
	for _, answer := range answers {
		shapes = append(shapes, answer.Name())
	}
	require.ElementsMatch(t, shapes, of["shape"])
	require.ElementsMatch(t, []string{"Latch", "Mitto"}, of["routes"])
	require.Len(t, of["variables"], 1)
	require.Len(t, of["commands"], 1)
	require.Len(t, of["pictures"], 1)
	require.NotEmpty(t, of["source"])

	text, err := settingsOf(strings.Join(of["settings"], ", "))
	require.NoError(t, err)
	for _, name := range settings.Names() {
		require.Contains(t, text, "| `"+name+"` |", "no document lists the setting")
	}
}

// inWords are the structures that the contract describes in words: a registered webhook has the keys
// of a webhook and four more, one of them its health.
var inWords = []string{"RegisteredWebhook", "Health"}

// places returns the names in the comments of each part, in all documents.
func places(t *testing.T) map[string][]string {
	t.Helper()
	files, err := docshell.Documents(root)
	require.NoError(t, err)
	of := map[string][]string{}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		for _, found := range marked.FindAllStringSubmatch(string(text), -1) {
			name, about, _ := strings.Cut(found[2], ":")
			of[name] = append(of[name], strings.Split(strings.TrimSpace(about), ", ")...)
		}
	}
	return of
}

// structures returns the names of all objects in the schemas.
func structures(t *testing.T) []string {
	t.Helper()
	names := map[string]bool{}
	for _, file := range schema.Names {
		whole, err := schema.Of(file)
		require.NoError(t, err)
		for name, structure := range whole.Definitions {
			if objectOf(structure).Properties != nil {
				names[name] = true
			}
		}
	}
	return slices.Collect(maps.Keys(names))
}

// A part is replaced between its comments, and all that is wrong with them is
// reported.
func TestRenew(t *testing.T) {
	t.Parallel()
	const before = "# A page\n<!-- generated: events: operator (make docs) -->\nold\n<!-- end of generated -->\nEnd.\n"
	made, err := renew(before)
	require.NoError(t, err)
	require.Contains(t, made, "`ENDPOINT_GONE`")
	require.NotContains(t, made, "old")
	require.True(t, strings.HasSuffix(made, "\nEnd.\n"))
	again, err := renew(made)
	require.NoError(t, err)
	require.Equal(t, made, again)

	for comment, message := range map[string]string{
		"event":                               `no part is named "event"`,
		"keys: Nobody":                        `no JSON Schema has the structure "Nobody"`,
		"settings: No":                        `has no set "No"`,
		"shape: None":                         `no answer is named "None"`,
		"source: examples/nexus/main.go Undo": `examples/nexus/main.go has no function "Undo"`,
		"source: examples/none.go Deploy":     "examples/none.go: no such file",
	} {
		wrong := strings.Replace(before, "events: operator", comment, 1)
		kept, err := renew(wrong)
		require.ErrorContains(t, err, message)
		require.Equal(t, wrong, kept)
	}
	_, err = renew(strings.Replace(before, ending, "", 1))
	require.ErrorContains(t, err, "needs an")
}

// The description of a key includes its limits.
func TestKeys(t *testing.T) {
	t.Parallel()
	text, err := keys("Retry, Schedule, Step, Task, TLS")
	require.NoError(t, err)
	for _, part := range []string{
		"| `deadline` | duration | `24h` |",
		"| `schedule` | list of 1 to 100 × duration or `standard-webhooks` |",
		"integer from 200 to 999 or text that matches `^[2-9](xx\\|[0-9]{2})$`",
		"{`job`: text or number; `on`: `success`, `failure`, `any`}",
		"Exactly one of `activity`, `workflow`, `http`, `command` is required.",
		"Exactly one of `name` with `do`, `parallel` is required.",
		"`client_cert` needs `client_key`.",
	} {
		require.Contains(t, text, part)
	}
}

// The answer of a run is shown with its nested objects, and with the keys that may be absent.
func TestShape(t *testing.T) {
	t.Parallel()
	text, err := shape("ReleaseResult")
	require.NoError(t, err)
	require.Equal(t, "```text\n"+`{"id", "title"?, "status", "reason"?, "decided_by"?: {"webhook"?, "event"?, "by"?, "identified_by"?},
 "steps": [{"name", "status", "error"?, "kvp"?: {…}, "attempts"?, "choices"?: [{"choice", "by"?,
 "identified_by"?, "reason"?, "at", "error"}…]}…], "history"?: [Record…]}`+"\n```", text)
	text, err = shape("JobResult")
	require.NoError(t, err)
	require.Contains(t, text, `"jobs"?: [JobResult…]`)
}

// A function is shown as it is written, with its comment.
func TestSource(t *testing.T) {
	t.Parallel()
	text, err := source("internal/docgen/docgen_test.go TestSource")
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(text, "```go\n// A function is shown"), text)
	require.True(t, strings.HasSuffix(text, "\n}\n```"), text)
	require.Equal(t, 1, strings.Count(text, "\nfunc "))
}

// A help text becomes Markdown: indented text is code.
func TestProse(t *testing.T) {
	t.Parallel()
	for help, markdown := range map[string]string{
		"Do it.\nAnd end.": "Do it.\nAnd end.\n\n",
		"Do it.\n\n  starter do\n\n    more\n\nDone.": "Do it.\n\n```text\nstarter do\n\n  more\n```\n\nDone.\n\n",
		"Do it:\n  starter do\nDone.":                 "Do it:\n\n```text\nstarter do\n```\n\nDone.\n\n",
		"Codes:\n  0  done\n  1  not":                 "Codes:\n\n```text\n0  done\n1  not\n```\n\n",
	} {
		require.Equal(t, markdown, prose(help))
	}
}

// A setting without a comment would be an empty row.
func TestASettingNeedsItsComment(t *testing.T) {
	t.Parallel()
	text, err := settingsOf("Worker, API")
	require.NoError(t, err)
	require.Contains(t, text, "| `LATCH_DRAIN_TIMEOUT` | `75s` | How long work in progress may take to finish after SIGTERM. |")
	require.Contains(t, text, "| `LATCH_API_ALLOW` | all | CIDRs that may call, matched against the address of the connection. |")
	require.Equal(t, 1, strings.Count(text, "| `LATCH_LOG_LEVEL` |"), "in both sets")
}

// Each picture that the documents show is there.
func TestEveryPageOfTheConsoleHasItsPictures(t *testing.T) {
	t.Parallel()
	text, err := pictures("")
	require.NoError(t, err)
	found := regexp.MustCompile(`\]\((console/[^)]+)\)`).FindAllStringSubmatch(text, -1)
	require.NotEmpty(t, found)
	for _, picture := range found {
		require.FileExists(t, filepath.Join(root, "docs", picture[1]), "run: make screenshots")
	}
}
