package admission_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
)

// requireWarning requires a warning that contains the text, or no warnings if the text is
// empty.
func requireWarning(t *testing.T, want string, got []latch.Problem, about string) {
	t.Helper()
	if want == "" {
		require.Empty(t, got, about)
		return
	}
	require.Len(t, got, 1, "%s: %v", about, got)
	require.Contains(t, got[0].String(), want, about)
}

// quoted writes a text as JSON.
func quoted(t *testing.T, text string) string {
	t.Helper()
	encoded, err := json.Marshal(text)
	require.NoError(t, err)
	return string(encoded)
}

// Fields of an answer that a decision reads may be missing. Variables that no release has are
// certainly missing.
func TestWarningsOfKeysThatMayBeMissing(t *testing.T) {
	t.Parallel()
	for _, row := range [][2]string{
		{`history.data.rate > 1`,
			"history.data.rate: if the key is missing the expression fails and on_error decides; write history.data[?'rate'].orValue(…)"},
		{`history.data['rate'] > 1`, "history.data.rate: "},
		{`history.data['error rate'].total > 1`, "history.data['error rate']: if the key is missing"},
		{`history.data[?'rate'].orValue(0) > 1`, ""},
		{`history.data.?rate.orValue(0) > 1`, ""},
		{`has(history.data.rate) && history.data.rate > 1`, ""},
		{`'rate' in history.data && history.data.rate > 1`, ""},
		{`history.data.size() > 1`, ""},
		{`vars.text == 'see history.data.rate'`, ""},
		{`release.title == 'x'`, `release.title is not set, so this fails; write release[?'title'].orValue('none')`},
		{`release.?titel.orValue('') == 'x'`, ""},
		{`steps.a.kvp.rows == 1`, ""},
		{`steps.b.kvp.rows == 1`, `steps has no key "b", so this fails; its keys are a`},
		{`step.name == ''`, `step is empty at BEFORE_RELEASE, which is about no step`},
		{`job.status.returncode == 1`, `job is empty in a release, so job.status fails`},
		{`data.x == 1`, `data is empty in a release`},
		{`vars.release.owner == 'x' || history.data[?'job'].hasValue()`, ""},
		{`records.exists(job, job.owner == 'x')`, ""},
		{`{'release': 1}.release == 1 && system.fqdn == ''`, ""},
		{`system['database.version'] == ''`, ""},
	} {
		expression, want := row[0], row[1]
		got := warningsOf(t, "release", release(`"events":[{"event":"BEFORE_RELEASE","stop_release":`+quoted(t, expression)+`}]`))
		requireWarning(t, want, got, expression)
		for _, warning := range got {
			require.Equal(t, "webhooks[0].events[0].stop_release", warning.Path)
		}
	}
	for body, want := range map[string]string{
		`{"a":["${steps.b.kvp}"]}`:     `webhooks[0].body.a[0]: steps has no key "b", so this fails; its keys are a`,
		`"{\"a\":\"${steps.b.kvp}\"}"`: `webhooks[0].body: steps has no key "b"`,
		`{"a":"see steps.b or $${steps.b}, ${ {'steps':'}'}['steps'] } and steps.b"}`: "",
	} {
		requireWarning(t, want, warningsOf(t, "release", release(`"event":"BEFORE_RELEASE","body":`+body)), body)
	}
	require.Len(t, warningsOf(t, "release", release(`"event":"BEFORE_RELEASE","body":"\"${release['title']} ${step.name} ${job.id}\""`)), 3)
}

// A hook that reads what the job's run does not have at its event gets a warning with advice.
func TestWarningsOfHooksThatReadWhatTheirEventLacks(t *testing.T) {
	t.Parallel()
	const rows = "${job['status']['kvp']['rows loaded']}"
	for name, test := range map[string]struct {
		events, body string
		want         string
	}{
		"kvp after success": {`{"event":"JOB_SUCCESS"}`, rows, ""},
		"kvp after failure": {`{"event":"JOB_FAILURE"}`, rows,
			"webhooks[0].body: job.status.kvp is empty at JOB_FAILURE of a job that failed, so job.status.kvp['rows loaded'] fails there; " +
				"write ${job.status.kvp[?'rows loaded'].orValue('none')}"},
		"data of one that did not run": {`{"event":"JOB_SKIPPED"},{"event":"JOB_MISSED"}`, "${data.reason}", ""},
		"data of one that ran":         {`{"event":"JOB_SUCCESS"}`, "${data.reason}", "data is empty in a job"},
		"kvp at both ends": {`{"event":"JOB_SUCCESS"},{"event":"JOB_COMPLETE"}`, rows,
			"is empty at JOB_COMPLETE of a job that failed"},
		"kvp at the start":                 {`{"event":"JOB_START"}`, rows, "is empty at JOB_START, before the work"},
		"the cure":                         {`{"event":"JOB_FAILURE"}`, "${job.status.kvp[?'rows loaded'].orValue('none')}", ""},
		"all of kvp":                       {`{"event":"JOB_FAILURE"}`, "${job.status.kvp}", ""},
		"a body of its own for the others": {`{"event":"JOB_SUCCESS"},{"event":"JOB_FAILURE","body":"{}"}`, rows, ""},
		"no title": {`{"event":"JOB_START"}`, "${job['title']}",
			"job.title is not set, so this fails; write ${job[?'title'].orValue('none')}"},
		"the cure of no title":    {`{"event":"JOB_START"}`, "${job[?'title'].orValue('none')}", ""},
		"a key that is no key":    {`{"event":"JOB_START"}`, "${job.titel}", `job has no key "titel", so this fails; did you mean "title"?`},
		"a release's":             {`{"event":"JOB_START"}`, "${release.id}", "release is empty in a job, so release.id fails"},
		"one of no tags":          {`{"event":"JOB_START"}`, "${job.tags[0]}", "job.tags has no element 0, so job.tags[0] fails"},
		"vars of whoever starts":  {`{"event":"JOB_START"}`, "${vars.x} ${job.vars.x}", ""},
		"what operators are told": {`{"event":"DELIVERY_EXHAUSTED"}`, "${data.delivery.webhook} ${job.title}", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			input := `{"id":"1",` + task + `,
				"webhooks":[{"id":"w","url":"https://example.com/","body":{"a":` + quoted(t, test.body) + `},
					"events":[` + test.events + `]}]}`
			requireWarning(t, strings.ReplaceAll(test.want, "].body:", "].body.a:"), warningsOf(t, "job", input), test.body)
		})
	}
	requireWarning(t, "webhooks[0].events[0].when: job.status.kvp is empty", warningsOf(t, "job",
		`{"id":"1",`+task+`,
			"webhooks":[{"id":"w","url":"https://example.com/",
				"events":[{"event":"JOB_FAILURE","when":"job.status.kvp.rows > 1"}]}]}`), "when")
	requireWarning(t, "jobs[0].webhooks[0].url: job.name is not set", warningsOf(t, "job",
		`{"id":"1","name":"n",
			"jobs":[{"id":"2",`+task+`,"webhooks":[{"id":"w","url":"https://example.com/${job.name}",
				"event":"JOB_START"}]}]}`), "of a sequence")
	requireWarning(t, "task.command.argv[1]: job.status.kvp is empty before the work is done", warningsOf(t, "job",
		`{"id":"1","task":{"command":{"argv":["echo","${job.status.kvp.x}"]}}}`), "the work itself")
	requireWarning(t, "steps[0].do.http.url: release.title is not set", warningsOf(t, "release",
		`{"id":"1","steps":[{"name":"a","do":{"http":{"url":"https://example.com/${release.title}/${step.name}"}}}]}`), "a step")
	requireWarning(t, "job is empty at a custom event", warningsOf(t, "emission",
		`{"event":"CREATED","webhooks":[{"id":"w","url":"https://example.com/${job.id}/${data.x}","event":"CREATED"}]}`), "an emission")
}

// Templates of a registered job see its additional fields, which are all known.
func TestWarningsOfRegisteredJobs(t *testing.T) {
	t.Parallel()
	fields := latch.Object{}
	require.NoError(t, json.Unmarshal([]byte(`{"type":"cmd","title":null,"schedule":null,"conf":{"cmd":"true"},
		"tags":["a"],"webhooks":[{"event_type":"JOB_START"}]}`), &fields))
	for _, row := range [][2]string{
		{"${job.type} ${job['status']['pid']} ${job.status.run_id} ${job.conf.cmd} ${job.tags[0]} ${job.webhooks[0].event_type}", ""},
		{"${job.conf.cmdd}", `job.conf has no key "cmdd", so this fails; did you mean "cmd"?`},
		{"${job['schedule']['value']}", "job.schedule is null, so job.schedule.value fails"},
		{"${job.tags[1]}", "job.tags has no element 1"},
		{"${job.webhooks[0].secret}", `job.webhooks[0] has no key "secret"`},
		{"${job.title}", "job.title is not set, so nothing stands in its place; write ${optional.ofNonZeroValue(job.title).orValue('none')}"},
		{"${job.vars.x}", `job.vars has no key "x"`},
		{"${vars.x}", `vars has no key "x"`},
		{"${vars.region} ${job.vars.zone}", `job.vars has no key "zone"`},
		{"${optional.ofNonZeroValue(job.title).orValue('none')}", ""},
	} {
		body, want := row[0], row[1]
		job, err := admission.DecodeJob([]byte(`{"id":"1","task":{"command":{"argv":["x"]}},"vars":{"region":"eu"},
			"webhooks":[{"id":"w","url":"https://example.com/","event":"JOB_SUCCESS","body":{"a":` + quoted(t, body) + `}}]}`))
		require.NoError(t, err)
		requireWarning(t, want, admission.RegisteredJobWarnings(job, fields), body)
	}
}

// Warnings about a registered webhook consider the runs that fire its events.
func TestWarningsOfRegisteredWebhooks(t *testing.T) {
	t.Parallel()
	for _, row := range [][2]string{
		{`"event":"JOB_FAILURE","body":{"a":"${job.status.kvp.rows}"}`, "body.a: job.status.kvp is empty at JOB_FAILURE"},
		{`"event":"JOB_SUCCESS","body":{"a":"${job.status.kvp.rows} ${job.title}"}`, ""},
		{`"event":"JOB_SUCCESS","body":{"a":"${job.conf.cmd} ${job.owner}"}`, ""},
		{`"event":"JOB_SUCCESS","body":{"a":"${job.titel}"}`, `job has no key "titel", so this fails; did you mean "title"?`},
		{`"event":"JOB_SUCCESS","body":{"a":"${release.id}"}`, "release is empty in a job"},
		{`"events":[{"event":"JOB_FAILURE"},{"event":"RELEASE_FAILURE"}],` +
			`"url":"https://example.com/${job.id}"`, "url: job is empty in a release"},
		{`"event":"CREATED","body":{"a":"${data.x} ${instance.y} ${vars.z}"}`, ""},
		{`"event":"CREATED","body":{"a":"${release.id}"}`, "release is empty at a custom event"},
		{`"event":"AFTER_STEP","body":{"a":"${step.kvp.x}"}`, "step.kvp is empty at AFTER_STEP of a step that failed"},
		{`"event":"DELIVERY_EXHAUSTED","body":{"a":"${data.webhook}"}`, ""},
		{`"event":"JOB_START","headers":{"Authorization":"Bearer x"}`, "headers.Authorization: its value stands in workflow history"},
		{`"events":[{"event":"JOB_START","lock_timeout":"1h"}]`, "events[0].lock_timeout: 1h0m0s has no effect"},
	} {
		webhook, want := row[0], row[1]
		text := `{"id":"w",` + webhook + `}`
		if !strings.Contains(webhook, `"url"`) {
			text = `{"id":"w","url":"https://example.com/",` + webhook + `}`
		}
		decoded, err := admission.DecodeRegisteredWebhook([]byte(text))
		require.NoError(t, err)
		requireWarning(t, want, admission.RegisteredWebhookWarnings(decoded), webhook)
	}
}
