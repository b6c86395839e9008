package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/cli/failure"
)

const declaredFiles = `kind: webhook
id: board
url: https://board.example/hooks
events: [{event: JOB_SUCCESS}]
---
kind: job
id: report
title: Report
schedule: {after: nightly}
task: {workflow: {type: latch.Emit, input: {event: REPORTED}}}
---
kind: job
id: nightly
task: {command: {argv: ["true"]}}
schedule: {cron: 0 3 * * *, timezone: Europe/Berlin}
---
kind: tag
id: night
`

// Apply creates items in the order of their dependencies, writes nothing the second time, and
// shows each field that differs. --dry-run has its own exit code.
func TestApplyDeclaresAll(t *testing.T) {
	bothWays(t, func(t *testing.T, start func() *jobs) {
		j := start()
		dir := t.TempDir()
		file := filepath.Join(dir, "inner", "all.yaml")
		require.NoError(t, os.Mkdir(filepath.Dir(file), 0o755))
		declare := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
		declare(declaredFiles)
		require.NoError(t, os.WriteFile(filepath.Join(dir, ".hidden.yaml"), []byte("nonsense: ["), 0o600))

		code, out, _ := j.run("", "apply", dir, "--dry-run")
		require.Equal(t, failure.ExitDiffers, code)
		require.Equal(t, "would be created  tag night\nwould be created  webhook board\nwould be created  job report  Report\n"+
			"would be created  job nightly\n4 would be created\n", out)
		require.Empty(t, j.schedules.Kept)
		require.Equal(t, strings.ReplaceAll(out, "would be ", ""), j.ok("", "apply", dir))
		writes := j.schedules.Writes
		require.Equal(t, "4 unchanged\n", j.ok("", "apply", dir))
		require.Equal(t, "4 unchanged\n", j.ok("", "apply", dir, "--dry-run"))
		require.Equal(t, writes, j.schedules.Writes)

		declare(strings.NewReplacer("0 3 *", "0 4 *", "https://board.example/hooks", "https://board.example/v2",
			"title: Report\n", "").Replace(declaredFiles))
		const changed = `updated  webhook board
  ~ url: "https://board.example/hooks" → "https://board.example/v2"
updated  job report
  - title: "Report"
updated  job nightly
  ~ schedule.cron: "0 3 * * *" → "0 4 * * *"
3 updated, 1 unchanged
`
		require.Equal(t, changed, j.ok("", "apply", dir))
		require.Equal(t, "4 unchanged\n", j.ok("", "apply", dir))
	})
}

// All problems in all files are reported at once, with their positions, and nothing is written.
func TestApplyReportsAllThatIsWrong(t *testing.T) {
	bothWays(t, func(t *testing.T, start func() *jobs) {
		j := start()
		good := write(t, "good.yaml", declaredFiles)
		bad := write(t, "bad.yaml", `kind: hook
id: a
---
kind: webhook
id: board
url: 7
---
kind: job
id: x
task: {}
paused: perhaps
paused: true
---
kind: tag
name: night
---
id: release
steps: []
`)
		empty := t.TempDir()
		text := j.fails(failure.ExitUsage, "", "apply", good, bad, empty, "none.yaml")
		for _, part := range []string{
			bad + ` document 1: kind: "hook" is not a kind that can be registered, which is tag, webhook, watch, freeze or job (line 1, column 7)`,
			bad + ` document 2: url: `, bad + ` document 2: id: "board" is declared in ` + good + " document 1 already",
			bad + " document 3: task: a task is exactly one of", bad + " document 3: paused: is given twice",
			bad + " document 4: name: unknown key", bad + " document 4: id: a tag has its name as its id",
			bad + " document 5: this is a release, which is started and not registered",
			empty + ": cannot be read: the directory has no .yaml, .yml or .json file", "none.yaml: cannot be read: no such file",
		} {
			require.Contains(t, text, part)
		}
		require.Contains(t, j.fails(failure.ExitUsage, "# one\n- {kind: job, id: a, task: {command: {argv: [x]}}, schedule: {after: nobody}}", "apply", "-"),
			`- [0]: schedule.after: "nobody" names no job that is registered or in these files (line 2,`)
		const both = "- {kind: job, id: a, task: {command: {argv: [x]}}}\n" +
			"- {kind: job, id: a, task: {command: {argv: [y]}}, schedule: {after: nobody}}"
		text = j.fails(failure.ExitUsage, both, "apply", "-")
		require.Contains(t, text, `- [1]: id: "a" is declared in - [0] already (line 2,`)
		require.Contains(t, text, `- [1]: schedule.after: "nobody" names no job that is registered or in these files (line 2,`)
		require.NotContains(t, text, "- [0]: ", "nothing is wrong with the first")
		code, _, notes := execute(both, nil, "apply", "-", "--api", "http://127.0.0.1:1")
		require.Equal(t, failure.ExitUsage, code)
		require.Contains(t, notes, `- [1]: id: "a" is declared in - [0] already (line 2,`, "nobody has to be asked")
		require.Empty(t, j.schedules.Kept)
	})
}

// --prune removes only what apply wrote for the owner, followers before the jobs that they
// follow. --prune-all removes the rest, after confirmation.
func TestPrune(t *testing.T) {
	bothWays(t, func(t *testing.T, start func() *jobs) {
		j := start()
		j.ok(declaredFiles, "apply", "-")
		j.direct().ok(`{"id":"byhand","task":{"command":{"argv":["true"]}}}`, "job", "apply", "-")
		const other = "- {kind: job, id: theirs, task: {command: {argv: [x]}}}"
		j.ok(other, "apply", "-", "--owner", "others")
		require.Contains(t, j.fails(failure.ExitUsage, strings.Replace(other, "[x]", "[y]", 1), "apply", "-"),
			`- [0]: id: "theirs" is declared by the owner "others": give --owner others, or take it over with --take-over`)

		const left = "- {kind: tag, id: night}"
		require.Equal(t, "1 unchanged\n", j.ok(left, "apply", "-"), "without --prune nothing is removed")
		code, out, notes := j.run(left, "apply", "-", "--prune")
		require.Equal(t, failure.ExitOK, code, notes)
		require.Equal(t, "removed  job nightly\nremoved  job report  Report\nremoved  webhook board\n3 removed, 1 unchanged\n", out)
		require.Contains(t, notes, "kept job byhand: no file declares it, and apply did not write it for this owner; --prune-all removes it\n")
		require.Contains(t, notes, "kept job theirs: ")
		require.Nil(t, j.schedules.Job("nightly"))
		require.NotNil(t, j.schedules.Job("byhand"))

		require.Contains(t, j.fails(failure.ExitUsage, left, "apply", "-", "--prune-all"), "--yes says that you are sure")
		require.Equal(t, "removed  job byhand\nremoved  job theirs\n2 removed, 1 unchanged\n", j.ok(left, "apply", "-", "--prune-all", "--yes"))
	})
}

// The registered webhooks of a task queue are limited. Files with more are refused before
// anything is written, and the error states the limit. A full queue can replace its webhooks.
func TestApplyKeepsTheBoundOfWebhooks(t *testing.T) {
	bothWays(t, func(t *testing.T, start func() *jobs) {
		j := start()
		hooks := func(from, to int) string {
			var b strings.Builder
			for i := from; i < to; i++ {
				fmt.Fprintf(&b, "- {kind: webhook, id: hook-%d, url: 'https://hooks.example/%d', events: [{event: JOB_SUCCESS}]}\n", i, i)
			}
			return b.String()
		}
		many := hooks(0, 3000) + "- {kind: tag, id: night}\n- {kind: job, id: report, task: {command: {argv: [x]}}}\n"
		require.Contains(t, j.fails(failure.ExitUsage, many, "apply", "-"),
			"there would be 3000 registered webhooks of the task queue, among which a job's own do not count "+
				"(0 are registered, these files add 3000 and remove 0); at most 200 are kept")
		require.Empty(t, j.schedules.Kept, "nothing is written")
		require.Contains(t, j.ok(hooks(0, 200), "apply", "-"), "200 created\n")
		writes := j.schedules.Writes
		require.Contains(t, j.fails(failure.ExitUsage, hooks(0, 201), "apply", "-"), "there would be 201 registered webhooks")
		require.Contains(t, j.fails(failure.ExitUsage, hooks(1, 202), "apply", "-", "--prune", "--dry-run"),
			"there would be 201 registered webhooks")
		require.Equal(t, writes, j.schedules.Writes)
		require.Contains(t, j.ok(hooks(1, 201), "apply", "-", "--prune"), "1 created, 1 removed, 199 unchanged\n")
		require.Contains(t, j.ok(hooks(201, 401), "apply", "-", "--prune"), "200 created, 200 removed\n", "all of them at once")
	})
}

// A job is not pruned while a job that stays follows it.
func TestPruneKeepsWhatOthersFollow(t *testing.T) {
	bothWays(t, func(t *testing.T, start func() *jobs) {
		j := start()
		j.ok(declaredFiles, "apply", "-")
		j.direct().ok(`{"id":"mine","task":{"command":{"argv":["true"]}},"schedule":{"after":"nightly"}}`, "job", "apply", "-")
		require.Contains(t, j.fails(failure.ExitUsage, "- {kind: tag, id: night}", "apply", "-", "--prune"),
			`job "nightly" cannot be removed while job "mine" runs after it`)
		require.NotNil(t, j.schedules.Job("report"))
	})
}

// Exported files apply without a change, to the same namespace and, after the first time, to
// another one.
func TestExportAndApplyIsANoOp(t *testing.T) {
	bothWays(t, func(t *testing.T, start func() *jobs) {
		j := start()
		j.ok(declaredFiles, "apply", "-")
		j.direct().ok(`{"id":"by/hand","title":"true","vars":{"n":12345678901234567890.10,"no":"null"},"task":{"command":{"argv":["- a: b","x\ny"]}}}`, "job", "apply", "-")
		j.direct().ok("", "job", "pause", "nightly")
		dir := t.TempDir()
		require.Equal(t, "wrote 5 files to "+dir+"\n", j.ok("", "export", dir))
		require.FileExists(t, filepath.Join(dir, "jobs", "by%2Fhand.yaml"))
		writes := j.schedules.Writes
		streams := map[string]string{"yaml": j.ok("", "export"), "json": j.ok("", "export", "-o", "json")}
		require.Contains(t, streams["yaml"], "paused: true")
		for _, stream := range streams {
			require.Equal(t, "5 unchanged\n", j.ok(stream, "apply", "-"))
		}
		require.Equal(t, "5 unchanged\n", j.ok("", "apply", dir, "--dry-run"))
		require.Equal(t, writes, j.schedules.Writes)

		moved := start()
		require.Contains(t, moved.ok("", "apply", dir), "5 created\n")
		require.Equal(t, streams["yaml"], sortedDocuments(streams["yaml"], moved.ok("", "export")))

		j.direct().ok("", "job", "delete", "by/hand", "--yes")
		require.NoError(t, os.WriteFile(filepath.Join(dir, "jobs", "mine.yaml"), []byte("# mine"), 0o600))
		require.Equal(t, "wrote 4 files to "+dir+", removed 1 of what is gone\n", j.ok("", "export", dir))
		require.NoFileExists(t, filepath.Join(dir, "jobs", "by%2Fhand.yaml"))
		require.FileExists(t, filepath.Join(dir, "jobs", "mine.yaml"))
	})
}

// The document shows the example as it is, and the example can be applied. Exporting an empty
// registry still creates the directory.
func TestTheDocumentShowsTheDeclaredExample(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../../docs/deploy.md")
	require.NoError(t, err)
	const folder = "../../examples/registered"
	example, err := os.ReadFile(filepath.Join(folder, "latch.yaml"))
	require.NoError(t, err)
	require.Contains(t, string(page), "```yaml\n"+string(example)+"```\n")
	j := newJobs(t)
	dir := filepath.Join(t.TempDir(), "none")
	require.Equal(t, "wrote 0 files to "+dir+"\n", j.ok("", "export", dir))
	require.DirExists(t, dir)
	require.Contains(t, j.ok("", "apply", folder), "3 created\n")
}

// sortedDocuments returns the first stream if both have the same documents.
func sortedDocuments(first, second string) string {
	for _, document := range strings.Split(strings.TrimSuffix(first, "\n"), "\n---\n") {
		if !strings.Contains(second, document) {
			return second
		}
	}
	if len(first) != len(second) {
		return second
	}
	return first
}

// A credential is exported as ***, which keeps the registered one. If none is registered, it is
// refused.
func TestExportHidesCredentials(t *testing.T) {
	bothWays(t, func(t *testing.T, start func() *jobs) {
		j := start()
		const hook = "- {kind: webhook, id: chat, url: 'https://chat.example/x?token=s3cret-of-ours', events: [{event: JOB_FAILURE}]}"
		j.ok(hook, "apply", "-")
		out := j.ok("", "export")
		require.NotContains(t, out, "s3cret")
		require.Equal(t, "1 unchanged\n", j.ok(out, "apply", "-"))
		require.Contains(t, start().fails(failure.ExitUsage, out, "apply", "-"), "-: url: has *** where a credential was hidden")
	})
}

// A credential that a file has in the clear is compared, and never shown, by whichever way. What
// files leave out of a job's paused, task_queue and extras stays.
func TestApplyComparesCredentials(t *testing.T) {
	bothWays(t, func(t *testing.T, start func() *jobs) {
		j := start()
		const files = `- {kind: webhook, id: chat, url: 'https://chat.example/x?token=s3cret-of-ours', events: [{event: JOB_FAILURE}]}
- {kind: watch, id: orders, query: "WorkflowType = 'Order'", webhooks: [{id: w, url: 'https://a.example/?token=s3cret-of-ours', event: WORKFLOW_FAILED}]}
- {kind: freeze, id: holidays, windows: [{start: 0 18 20 12 *, end: 0 8 3 1 *}]}
- {kind: job, id: nightly, schedule: 0 3 * * *, task: {http: {url: 'https://a.example/?token=s3cret-of-ours'}}}
`
		require.Contains(t, j.ok(files, "apply", "-"), "4 created\n")
		j.direct().ok("", "job", "pause", "nightly")
		writes := j.schedules.Writes
		require.Equal(t, "4 unchanged\n", j.ok(files, "apply", "-"))
		other := strings.ReplaceAll(files, "s3cret-of-ours", "an0ther-secret")
		code, out, _ := j.run(other, "apply", "-", "--dry-run")
		require.Equal(t, failure.ExitDiffers, code)
		require.Equal(t, `would be updated  webhook chat
  ~ url: "https://chat.example/x?token=***" → "https://chat.example/x?token=***"
would be updated  watch orders
  ~ webhooks[0].url: "https://a.example/?token=***" → "https://a.example/?token=***"
would be updated  job nightly
  ~ task.http.url: "https://a.example/?token=***" → "https://a.example/?token=***"
3 would be updated, 1 unchanged
`, out)
		require.Equal(t, writes, j.schedules.Writes)
		require.Equal(t, strings.ReplaceAll(out, "would be ", ""), j.ok(other, "apply", "-"))
		require.Equal(t, "4 unchanged\n", j.ok(other, "apply", "-"))
		require.Contains(t, j.ok("", "export"), "paused: true")
		taken := object(t, j.ok(other, "apply", "-", "--owner", "others", "--take-over", "-o", "json"))
		require.Equal(t, map[string]any{"field": "managed_by", "from": "apply", "to": "others"},
			taken["changes"].([]any)[0].(map[string]any)["changes"].([]any)[0])
	})
}

// An export over the API is the one over Temporal.
func TestExportIsTheSameBothWays(t *testing.T) {
	t.Parallel()
	j := newJobs(t).overAPI()
	j.ok(declaredFiles, "apply", "-")
	j.ok("- {kind: job, id: elsewhere, task_queue: other, extras: {b: 1, a: {c: 2.50}}, task: {command: {argv: [x]}}}\n"+
		"- {kind: job, id: '12', cannot_run: no such type, extras: {type: sql}}", "apply", "-")
	require.Equal(t, j.direct().ok("", "export"), j.ok("", "export"))
	require.Equal(t, j.direct().ok("", "export", "-o", "json"), j.ok("", "export", "-o", "json"))
}

// The API registers for its own task queue, and refuses to pretend otherwise.
func TestTheAPIRegistersForItsOwnTaskQueue(t *testing.T) {
	t.Parallel()
	j := newJobs(t).overAPI()
	require.Contains(t, j.fails(failure.ExitUsage, declaredFiles, "apply", "-", "--task-queue", "mine"),
		`registers webhooks and freezes for its own task queue, "latch", and not for "mine"`)
	require.Empty(t, j.schedules.Kept)
	require.Contains(t, j.ok(declaredFiles, "apply", "-", "--task-queue", "latch"), "4 created\n")
}

// What the API refuses is told with its place in the file, and applied as far as it came.
func TestApplyTellsWhatTheAPIRefuses(t *testing.T) {
	bothWays(t, func(t *testing.T, start func() *jobs) {
		j := start()
		j.schedules.Refuse = "0 5 * * *"
		errors := j.fails(failure.ExitUsage, "- {kind: tag, id: night}\n- {kind: job, id: a, schedule: 0 5 * * *, task: {command: {argv: [x]}}}", "apply", "-")
		require.Contains(t, errors, "- [1]: ")
		require.Contains(t, errors, "1 of 2 changes were made before this; apply the files again once it is right")
	})
}
