package activities

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/mitto"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/vars"
)

// The `when` of a registered webhook sees a job and a release in the same form as templates and
// a run's own webhooks (contract, "Templates"): a schedule with only a cron expression is that
// text, absent fields are absent, and a registered job has the fields that Mitto's clients gave
// it.
func TestWhenOfARegisteredWebhookSeesWhatTemplatesSee(t *testing.T) {
	t.Parallel()
	read, err := mitto.Read([]byte(`{"id":"a","type":"cmd","conf":{"cmd":"true"},
		"schedule":{"type":"daily","daily":{"minute":0,"hour":6,"ampm":"AM"}}}`))
	require.NoError(t, err)
	made, err := mitto.New("a", read, time.Now())
	require.NoError(t, err)
	fields := mitto.Fields(&protocol.Definition{ID: made.ID, Job: made.Latch, Extras: made.Extras})
	const job, release = `"task":{"http":{"url":"https://example.com/"}}`,
		`{"id":"r","steps":[{"name":"build","do":{"http":{"url":"https://example.com/"}}}]}`
	for name, test := range map[string]struct {
		kind        latch.Kind
		input, when string
		fields      latch.Object
	}{
		"cron alone": {latch.JobKind, `{"id":"a","schedule":"0 3 * * *",` + job + `}`, `job.schedule == '0 3 * * *'`, nil},
		"cron alone in an object": {latch.JobKind, `{"id":"a","schedule":{"cron":"0 3 * * *"},` + job + `}`,
			`job.schedule.startsWith('0 3')`, nil},
		"with a time zone": {latch.JobKind,
			`{"id":"a","schedule":{"cron":"0 3 * * *","timezone":"Europe/Berlin"},` + job + `}`,
			`job.schedule.cron == '0 3 * * *' && job.schedule.timezone == 'Europe/Berlin'`, nil},
		"after another": {latch.JobKind, `{"id":"a","schedule":{"after":"b"},` + job + `}`, `job.schedule.after == 'b'`, nil},
		"after a success": {latch.JobKind, `{"id":"a","schedule":{"after":{"job":"b","on":"success"}},` + job + `}`,
			`job.schedule.after.on == 'success'`, nil},
		"what is not set": {latch.JobKind, `{"id":"a",` + job + `}`,
			`!has(job.schedule) && !has(job.title) && !has(job.name) && !has(job.timeout)`, nil},
		"the run that begins": {latch.JobKind, `{"id":"a",` + job + `}`,
			`job.status.id == 'run-1' && job.status.returncode == null && job.status.kvp == {} && job.started_at == now`, nil},
		"as Mitto's clients gave": {latch.JobKind, `{"id":"a",` + job + `}`,
			`job.schedule.type == 'daily' && job.schedule.value == '0 6 * * *' && job.conf.cmd == 'true' && job.status.run_id == 'run-1'`, fields},
		"a release": {latch.ReleaseKind, release,
			`!has(release.title) && release.steps[0].status == 'pending' && steps.build.index == 0 && release.instance == {}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := latch.NewTime(time.Date(2026, 7, 1, 10, 0, 0, 0, time.UTC))
			input, err := decode(protocol.AdmitRequest{Kind: test.kind, Input: json.RawMessage(test.input), Now: now, Fields: test.fields,
				Run: vars.Run{WorkflowID: "w", RunID: "run-1", StartedAt: now}})
			require.NoError(t, err)
			webhook := latch.RegisteredWebhook{When: test.when, Webhook: latch.Webhook{ID: "w", URL: "https://example.com/",
				Events: []latch.Event{{Event: latch.EventJobStart}, {Event: latch.EventBeforeRelease}}}}
			applies := applying([]latch.RegisteredWebhook{webhook}, input, vars.System{})
			require.Len(t, applies, 1)
			require.Empty(t, applies[0].Events[0].When, "it was evaluated and did not fail")
			webhook.When = "!(" + test.when + ")"
			require.Empty(t, applying([]latch.RegisteredWebhook{webhook}, input, vars.System{}))
		})
	}
}
