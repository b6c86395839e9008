package admission_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
)

var decoders = map[string]func(string) error{
	"job":      func(s string) error { _, err := admission.DecodeJob([]byte(s)); return err },
	"release":  func(s string) error { _, err := admission.DecodeRelease([]byte(s)); return err },
	"emission": func(s string) error { _, err := admission.DecodeEmission([]byte(s)); return err },
	"gate":     func(s string) error { _, err := admission.DecodeGate([]byte(s)); return err },
}

func lines(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var problems latch.Problems
	require.True(t, errors.As(err, &problems), "%T", err)
	var lines []string
	for _, problem := range problems {
		lines = append(lines, problem.String())
	}
	return lines
}

const (
	task  = `"task":{"http":{"url":"https://example.com/"}}`
	steps = `"steps":[{"name":"a","do":{"http":{"url":"https://example.com/"}}}]`
)

func release(webhook string) string {
	return `{"id":"1",` + steps + `,"webhooks":[{"id":"w","url":"https://example.com/",` + webhook + `}]}`
}
func job(task string) string { return `{"id":"1","task":` + task + `}` }

const unknown = "undeclared reference to 'nobody'"

// TestWhatDoesNotCompileIsRefusedWithItsPathAndPosition: "An expression that
// does not compile is refused before anything starts, with its position".
func TestWhatDoesNotCompileIsRefusedWithItsPathAndPosition(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		kind, input string
		want        []string // regular expressions, one a problem, in order
	}{
		"nothing wrong": {"release", release(`"events":[{"event":"BEFORE_RELEASE","when":"release.id == '1'",
			"result":"'pass'","stop_release":"history.result == 'fail'",
			"rollback_release":"records.exists(r, r.result == 'fail')"}]`), nil},
		"all expressions of an event": {"release", release(`"events":[{"event":"BEFORE_RELEASE","when":"nobody",
			"result":"1","stop_release":"1 +","rollback_release":"'x'"}]`), []string{
			`^webhooks\[0\]\.events\[0\]\.when: 1:1: ` + unknown, `^webhooks\[0\]\.events\[0\]\.result: 1:1: result must be .*string`,
			`^webhooks\[0\]\.events\[0\]\.stop_release: 1:\d+: Syntax error`,
			`^webhooks\[0\]\.events\[0\]\.rollback_release: 1:1: rollback_release must be .*bool`}},
		"when sees no history": {"release",
			release(`"events":[{"event":"BEFORE_RELEASE","when":"history.result == 'fail'"}]`),
			[]string{`^webhooks\[0\]\.events\[0\]\.when: 1:1: undeclared reference to 'history'`}},
		"an expression in the host": {"release",
			`{"id":"1",` + steps + `,"webhooks":[{"id":"w","url":"https://${vars.host}/","event":"BEFORE_RELEASE"}]}`,
			[]string{`^webhooks\[0\]\.url: 1:\d+: an expression cannot stand in the scheme or host`}},
		"url, header and body": {"release", `{"id":"1",` + steps + `,
			"webhooks":[{"id":"w","url":"https://example.com/${nobody}","headers":{"X-A":"${nobody}"},
				"body":"{\"a\": ${nobody}}","event":"BEFORE_RELEASE"}]}`,
			[]string{`^webhooks\[0\]\.url: 1:23: ` + unknown, `^webhooks\[0\]\.headers\.X-A: 1:3: ` + unknown,
				`^webhooks\[0\]\.body: 1:9: ` + unknown}},
		"two expressions of one template": {"release",
			release(`"event":"BEFORE_RELEASE","headers":{"X-A":"${nobody} ${nobody}"}`),
			[]string{`^webhooks\[0\]\.headers\.X-A: 1:3: `, `^webhooks\[0\]\.headers\.X-A: 1:13: `}},
		"a template that does not end": {"release", release(`"event":"BEFORE_RELEASE","body":"${release.id"`),
			[]string{`^webhooks\[0\]\.body: `}},
		"a body that can be no JSON": {"release", release(`"event":"BEFORE_RELEASE","body":"{\"a\": "`),
			[]string{`^webhooks\[0\]\.body: `}},
		"the same as text": {"release", release(`"event":"BEFORE_RELEASE","content_type":"text/plain","body":"{\"a\": "`), nil},
		"a body of +json": {"release",
			release(`"event":"BEFORE_RELEASE","content_type":"application/cloudevents+json","body":"{"`), []string{`^webhooks\[0\]\.body: `}},
		"a body of a form": {"release", release(`"event":"BEFORE_RELEASE",
			"content_type":"application/x-www-form-urlencoded",
			"body":"a=${nobody}"`), []string{`^webhooks\[0\]\.body: 1:5: ` + unknown}},
		"a body of JSON": {"release",
			release(`"event":"BEFORE_RELEASE","body":{"items":[{"text":"${nobody}"}],"n":1,"b c":"${1 +}"}`),
			[]string{`^webhooks\[0\]\.body\.items\[0\]\.text: 1:3: ` + unknown, `^webhooks\[0\]\.body\["b c"\]: 1:\d+: Syntax error`}},
		"an event's body": {"release",
			release(`"events":[{"event":"BEFORE_RELEASE","body":"\"${nobody}\""}]`), []string{`^webhooks\[0\]\.events\[0\]\.body: 1:4: ` + unknown}},
		"a webhook's body is told of once": {"release",
			release(`"body":"\"${nobody}\"","events":[{"event":"BEFORE_STEP"},{"event":"AFTER_STEP"}]`), []string{`^webhooks\[0\]\.body: `}},
		"a disabled hook too": {"release",
			release(`"enabled":false,"events":[{"event":"BEFORE_RELEASE","enabled":false,"when":"nobody"}]`),
			[]string{`^webhooks\[0\]\.events\[0\]\.when: `}},
		"http": {"job", job(`{"http":{"url":"https://example.com/${nobody}",
			"headers":{"X-A":"${nobody}"},"body":{"a":"${nobody}"},
			"success":"'yes'"}}`), []string{`^task\.http\.url: `, `^task\.http\.headers\.X-A: `, `^task\.http\.body\.a: `,
			`^task\.http\.success: 1:1: success must be .*bool`}},
		"a webhook's success": {"job", `{"id":"1","task":{"http":{"url":"https://example.com/"}},
			"webhooks":[{"id":"w","url":"https://example.com/","event":"JOB_SUCCESS",
				"success":"response.nobody + nobody"}]}`, []string{`^webhooks\[0\]\.success: 1:19: .*nobody`}},
		"success sees response": {"job", job(`{"http":{"url":"https://example.com/",
			"success":"response.status == 200 && response.data.ok == true"}}`), nil},
		"http takes JSON unless told": {"job", job(`{"http":{"url":"https://example.com/","body":"{"}}`), []string{`^task\.http\.body: `}},
		"http of another content type": {"job", job(`{"http":{"url":"https://example.com/",
			"content_type":"application/xml","body":"<a>${job.id}</a>"}}`), nil},
		"activity, one argument": {"job", job(`{"activity":{"type":"A","input":{"a":"${nobody}"}}}`),
			[]string{`^task\.activity\.input\.a: 1:3: ` + unknown}},
		"activity, several": {"job",
			job(`{"activity":{"type":"A","args":[1,null,"${nobody}",["${nobody}"]]}}`),
			[]string{`^task\.activity\.args\[2\]: 1:3: `, `^task\.activity\.args\[3\]\[0\]: 1:3: `}},
		"workflow": {"job", job(`{"workflow":{"type":"W","id":"a-${nobody}","input":"${nobody}"}}`),
			[]string{`^task\.workflow\.id: 1:5: `, `^task\.workflow\.input: 1:3: `}},
		"command": {"job",
			job(`{"command":{"argv":["make","${nobody}"],"env":{"A":"${nobody}"}}}`),
			[]string{`^task\.command\.argv\[1\]: 1:3: `, `^task\.command\.env\.A: 1:3: `}},
		"steps": {"release", `{"id":"1",
			"steps":[{"name":"a","do":{"command":{"argv":["${nobody}"]}},
				"undo":{"command":{"argv":["${nobody}"]}}}]}`,
			[]string{`^steps\[0\]\.do\.command\.argv\[0\]: `, `^steps\[0\]\.undo\.command\.argv\[0\]: `}},
		"sequences in sequences": {"job", `{"id":"s",
			"jobs":["x",
				{"id":"t","jobs":[{"id":"u","task":{"command":{"argv":["${nobody}"]}},
					"webhooks":[{"id":"w","url":"https://example.com/","events":[{"event":"JOB_START",
						"when":"nobody"}]}]}]}]}`,
			[]string{`^jobs\[1\]\.jobs\[0\]\.task\.command\.argv\[0\]: `, `^jobs\[1\]\.jobs\[0\]\.webhooks\[0\]\.events\[0\]\.when: `}},
		"emission": {"emission", `{"event":"CREATED",
			"webhooks":[{"id":"w","url":"https://example.com/",
				"events":[{"event":"CREATED","when":"nobody"}]}]}`, []string{`^webhooks\[0\]\.events\[0\]\.when: `}},
		"an emission decides nothing": {"emission", `{"event":"CREATED",
			"webhooks":[{"id":"w","url":"https://example.com/",
				"events":[{"event":"CREATED","stop_release":"true"}]}]}`,
			[]string{`^webhooks\[0\]\.events\[0\]\.stop_release: CREATED decides no release`}},
		"a gate does": {"gate", `{"event":"CREATED",
			"webhooks":[{"id":"w","url":"https://example.com/",
				"events":[{"event":"CREATED","stop_release":"true"}]}]}`, nil},
		"shape before expressions": {"release",
			release(`"events":[{"event":"BEFORE_RELEASE","when":"nobody","lock_timeout":5}],"method":"HEAD"`),
			[]string{`lock_timeout: must be a Go duration`, `^webhooks\[0\]\.method: "HEAD"`, `\.when: 1:1: `}},
		"two faults of one expression": {"release",
			release(`"events":[{"event":"RELEASE_COMPLETE","stop_release":"nobody"}]`),
			[]string{`\.stop_release: RELEASE_COMPLETE decides no release`, `\.stop_release: 1:1: ` + unknown}},
		"a header's line break, told once": {"release", release(`"event":"BEFORE_RELEASE","headers":{"X-A":"a\nb"}`),
			[]string{`^webhooks\[0\]\.headers\.X-A: a header's value has no line breaks$`}},
		"no JSON: nothing further": {"job", `{"id":`, []string{`^no valid JSON: `}},
		"a position in a later line": {"release",
			release(`"events":[{"event":"BEFORE_RELEASE","when":"true &&\n  nobody"}]`),
			[]string{`\.when: 2:3: ` + unknown + `.* \(in "true &&\\n  nobody"\)$`}},
		"an empty expression is not given": {"release", release(`"events":[{"event":"BEFORE_RELEASE","when":""}]`), nil},
		"white space is no expression": {"release", release(`"events":[{"event":"BEFORE_RELEASE","when":" "}]`),
			[]string{`\.when: 1:1: the expression is empty`}},
		"keys that a variable never has": {"release", release(`"events":[{"event":"BEFORE_RELEASE",
			"when":"run.startd_at < now","body":{"a":["${system.fdqn}"]}}]`), []string{
			`^webhooks\[0\]\.events\[0\]\.body\.a\[0\]: 1:9: system has no key "fdqn"; did you mean "fqdn"\?`,
			`^webhooks\[0\]\.events\[0\]\.when: 1:4: run has no key "startd_at"; did you mean "started_at"\?`}},
		"a literal dollar is no expression": {"release", release(`"event":"BEFORE_RELEASE","body":"\"$${nobody}\""`), nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := lines(t, decoders[test.kind](test.input))
			require.Len(t, got, len(test.want), "%q", got)
			for i, pattern := range test.want {
				require.Regexp(t, pattern, got[i])
			}
		})
	}
}

// A job that Go code built is held to the same rules.
func TestAJobThatGoBuiltIsHeldToTheSame(t *testing.T) {
	t.Parallel()
	hooks := []latch.Webhook{{ID: "a:b", URL: "https://example.com/", Events: []latch.Event{{Event: "CREATED", When: "nobody"}}}}
	work := &latch.Task{Command: &latch.CommandTask{Argv: []string{"true"}}}
	problems := admission.CheckJob(&latch.Job{ID: "1", Task: work, Webhooks: hooks})
	require.Len(t, problems, 2)
	require.Equal(t, "webhooks[0].id", problems[0].Path)
	require.Equal(t, "webhooks[0].events[0].when", problems[1].Path)
	require.Empty(t, admission.CheckJob(&latch.Job{ID: "1", Task: work}))
}

// TestWarnings: input that is valid but probably a mistake.
func TestWarnings(t *testing.T) {
	t.Parallel()
	const fired = "which fires "
	for name, test := range map[string]struct {
		kind, input string
		want        []string // beginnings
	}{
		"none": {"release", release(`"headers":{"X-A":"1"},"header_secrets":{"Authorization":"a"},
			"events":[
				{"event":"BEFORE_STEP","blocking":true,"lock_timeout":"1h","on_timeout":"stop"},
				{"event":"AFTER_STEP","answer_timeout":"1m"}]`), nil},
		"an event that a release never fires": {"release",
			release(`"events":[{"event":"JOB_START"},{"event":"CREATED"},{"event":"RELEASE_STOPPED"}]`), []string{
				"webhooks[0].events[0].event: JOB_START is never fired by a release, " + fired + "BEFORE_RELEASE,",
				"webhooks[0].events[1].event: CREATED is never fired by a release"}},
		"and in short form": {"release", release(`"event":"JOB_START"`), []string{"webhooks[0].event: JOB_START is never fired by a release"}},
		"a job, its sequence included": {"job", `{"id":"s",
			"jobs":["x",
				{"id":"t",` + task + `,
					"webhooks":[{"id":"w","url":"https://example.com/","event":"BEFORE_RELEASE"}]}],
			"webhooks":[{"id":"w","url":"https://example.com/","event":"CREATED"}]}`, []string{
			"jobs[1].webhooks[0].event: BEFORE_RELEASE is never fired by a job, " + fired +
				"JOB_START, JOB_COMPLETE, JOB_SUCCESS, JOB_FAILURE, JOB_SKIPPED, JOB_MISSED", "webhooks[0].event: CREATED is never fired by a job"}},
		"an emission fires one": {"emission", `{"event":"CREATED",
			"webhooks":[{"id":"w","url":"https://example.com/",
				"events":[{"event":"CREATED"},{"event":"DELETED"}]}]}`, []string{
			"webhooks[0].events[1].event: DELETED is never fired by this emission, " + fired + "CREATED"}},
		"waits of a hook that does not block": {"release",
			release(`"events":[{"event":"BEFORE_RELEASE","lock_timeout":"1h","on_timeout":"continue"}]`), []string{
				"webhooks[0].events[0].lock_timeout: 1h0m0s has no effect", `webhooks[0].events[0].on_timeout: "continue" has no effect`}},
		"of one that does": {"release",
			release(`"events":[{"event":"BEFORE_RELEASE","blocking":true,"answer_timeout":"1m"}]`),
			[]string{"webhooks[0].events[0].answer_timeout: 1m0s has no effect"}},
		"credentials in plain": {"release",
			release(`"event":"BEFORE_RELEASE","headers":{"authorization":"Bearer x","X-Api-Key":"y","X-Plain":"z"}`), []string{
				"webhooks[0].headers.X-Api-Key: its value stands in workflow history",
				"webhooks[0].headers.authorization: its value stands in workflow history"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := warningsOf(t, test.kind, test.input)
			require.Len(t, got, len(test.want), "%v", got)
			for i, beginning := range test.want {
				require.Contains(t, "\n"+got[i].String(), "\n"+beginning)
				require.NotContains(t, got[i].String(), "Bearer")
			}
		})
	}
}

// TestAnEventByItsNameAloneIsToldHowToWriteIt.
func TestAnEventByItsNameAloneIsToldHowToWriteIt(t *testing.T) {
	t.Parallel()
	_, err := admission.DecodeRelease([]byte(release(`"events":["BEFORE_RELEASE"]`)))
	require.ErrorContains(t, err, `webhooks[0].events[0]: must be an object, not "BEFORE_RELEASE"; write {"event": "BEFORE_RELEASE"}`)
}

func warningsOf(t *testing.T, kind, input string) []latch.Problem {
	t.Helper()
	switch kind {
	case "job":
		job, err := admission.DecodeJob([]byte(input))
		require.NoError(t, err)
		return admission.JobWarnings(job)
	case "release":
		release, err := admission.DecodeRelease([]byte(input))
		require.NoError(t, err)
		return admission.ReleaseWarnings(release)
	default:
		emission, err := admission.DecodeEmission([]byte(input))
		require.NoError(t, err)
		return admission.EmissionWarnings(emission)
	}
}

// largeRelease has 500 webhooks, each with expressions of its own.
func largeRelease() []byte {
	var release latch.Release
	release.ID = "large"
	release.Steps = []latch.Step{{Name: "a", Do: &latch.Task{Command: &latch.CommandTask{Argv: []string{"true"}}}}}
	for i := range 500 {
		release.Webhooks = append(release.Webhooks, latch.Webhook{
			ID: fmt.Sprint("w", i), URL: fmt.Sprintf("https://example.com/%d/${release.id}", i),
			Body: json.RawMessage(fmt.Sprintf(`{"n":%d,"text":"${release.title} %d"}`, i, i)),
			Events: []latch.Event{{Event: latch.EventBeforeRelease, When: fmt.Sprintf("vars.n == %d", i),
				StopRelease: fmt.Sprintf("history.data[?'n'].orValue(0) > %d", i)}},
		})
	}
	data, _ := json.Marshal(release)
	return data
}

func BenchmarkDecodeReleaseOf500Webhooks(b *testing.B) {
	data := largeRelease()
	for b.Loop() {
		if _, err := admission.DecodeRelease(data); err != nil {
			b.Fatal(err)
		}
	}
}
