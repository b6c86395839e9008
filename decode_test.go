package latch_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/hang"
)

func TestEverythingWrongWithAReleaseIsToldAtOnceWithItsPath(t *testing.T) {
	t.Parallel()
	_, err := latch.DecodeRelease([]byte(`{
		"id": 42, "titel": "x", "on_failure": "explode",
		"steps": [{"name": "a", "do": {"command": {"argv": ["true"]}}}, {"name": "a"}],
		"webhooks": [
			{"id": "a:b", "url": "https://user:pw@example.com/", "event": "BEFORE_RELEASE"},
			{"id": "c", "url": "https://example.com/", "events": [
				{"event": "BEFORE_RELEASE", "blocking": true, "lock_timeout": "5 minutes"},
				{"event": "BEFORE_RELESE"},
				{"event": "RELEASE_COMPLETE", "blocking": true, "stop_release": "true"}]}]
	}`))
	var problems latch.Problems
	require.ErrorAs(t, err, &problems)
	var paths []string
	for _, problem := range problems {
		paths = append(paths, problem.Path)
	}
	require.Equal(t, []string{
		"titel", "webhooks[1].events[0].lock_timeout",
		"steps[1].do", "steps[1].name", "on_failure",
		"webhooks[0].id", "webhooks[0].url",
		"webhooks[1].events[1].event", "webhooks[1].events[2].blocking", "webhooks[1].events[2].stop_release",
	}, paths, err.Error())
}

// TestStrictDecoding: "Unknown keys are an error that names the key and its path", and "every …
// wrong type, bad duration … is reported at once, each with its path".
func TestStrictDecoding(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		kind, input string
		want        []string
	}{
		"unknown key, close to a known one": {"job", aJob(`"titel":"x"`), []string{`titel: unknown key; did you mean "title"?`}},
		"unknown key in camel case": {"job", aJob(`"continueOnError":true`),
			[]string{`continueOnError: unknown key; did you mean "continue_on_error"?`}},
		"unknown key in capitals":   {"job", aJob(`"Title":"x"`), []string{`Title: unknown key; did you mean "title"?`}},
		"unknown key, far from all": {"control", `{"colour":"red"}`, []string{`colour: unknown key; the keys here are by, reason`}},
		"unknown keys at depth": {
			"release", aRelease(`"webhooks":[{"id":"w","url":"https://example.com/",
				"events":[{"event":"BEFORE_RELEASE","blokcing":true}],"retry":{"deadlin":"1h"}}]`),
			[]string{`webhooks[0].events[0].blokcing: unknown key; did you mean "blocking"?`,
				`webhooks[0].retry.deadlin: unknown key; did you mean "deadline"?`},
		},
		"unknown key in a job of a sequence": {
			"job", `{"id":"s","jobs":["a",{"id":"b",` + task + `,"tag":[]}]}`, []string{`jobs[1].tag: unknown key; did you mean "tags"?`},
		},
		"key twice":               {"job", aJob(`"title":"a","title":"b"`), []string{`title: is given twice`}},
		"key twice, once escaped": {"job", aJob(`"title":"a","t\u0069tle":"b"`), []string{`title: is given twice`}},
		"key twice at depth":      {"release", aRelease(`"vars":{"a":1,"a":2}`), []string{`vars.a: is given twice`}},
		"number for a string":     {"job", aJob(`"title":5`), []string{`title: must be a string, not 5`}},
		"string for true": {"job", aJob(`"continue_on_error":"yes"`),
			[]string{`continue_on_error: must be true or false, not "yes"`}},
		"number for true":       {"job", aJob(`"continue_on_error":1`), []string{`continue_on_error: must be true or false, not 1`}},
		"number for a duration": {"job", aJob(`"timeout":90`), []string{`timeout: must be a Go duration such as "90s" or "4h", not 90`}},
		"bad duration": {"job", aJob(`"timeout":"90 seconds"`),
			[]string{`timeout: must be a Go duration such as "90s" or "4h", not "90 seconds"`}},
		"duration out of range": {"job", aJob(`"timeout":"9999999h"`),
			[]string{`timeout: must be a Go duration such as "90s" or "4h", not "9999999h"`}},
		"object for an array":  {"job", aJob(`"webhooks":{}`), []string{`webhooks: must be an array, not {}`}},
		"array for an object":  {"job", aJob(`"vars":[]`), []string{`vars: must be an object, not []`}},
		"string for an object": {"job", aJob(`"retry":"3"`), []string{`retry: must be an object, not "3"`}},
		"fraction for a whole number": {"job", aJob(`"retry":{"maximum_attempts":2.5}`),
			[]string{`retry.maximum_attempts: must be a whole number, not 2.5`}},
		"text for a whole number": {"job", aJob(`"retry":{"maximum_attempts":"3"}`),
			[]string{`retry.maximum_attempts: must be a whole number, not "3"`}},
		"huge whole number": {"job", aJob(`"retry":{"maximum_attempts":1e400}`),
			[]string{`retry.maximum_attempts: must be a whole number, not 1e400`}},
		"huge number": {"job", aJob(`"retry":{"backoff_coefficient":1e400}`),
			[]string{`retry.backoff_coefficient: must be a number, not 1e400`}},
		"text for a number": {"job", aJob(`"retry":{"backoff_coefficient":"2"}`),
			[]string{`retry.backoff_coefficient: must be a number, not "2"`}},
		"object for a string in a map": {"job",
			aJob(`"webhooks":[{"id":"w","url":"https://example.com/","event":"JOB_START",
				"headers":{"X-A":{}}}]`), []string{`webhooks[0].headers.X-A: must be a string, not {}`}},
		"number in a list of strings": {"job", aJob(`"tags":["a",1]`), []string{`tags[1]: must be a string, not 1`}},
		"null in a list":              {"job", aJob(`"tags":["a",null]`), []string{`tags[1]: must not be null`}},
		"null for a webhook":          {"job", aJob(`"webhooks":[null]`), []string{`webhooks[0]: must not be null`}},
		"number for a webhook, told once": {
			"job", aJob(`"webhooks":[5]`), []string{`webhooks[0]: must be an object, not 5`},
		},
		"text for a task, told once": {"job", aTask(`"make"`), []string{`task: must be an object, not "make"`}},
		"text for a kind, told once": {"job", aTask(`{"http":"https://example.com/"}`),
			[]string{`task.http: must be an object, not "https://example.com/"`}},
		"true for an id": {"job", `{"id":true,` + task + `}`, []string{`id: must be a string, not true`}},
		"true in a sequence": {"job", `{"id":"s","jobs":[true]}`,
			[]string{`jobs[0]: must be a job or the id of a registered one, not true`}},
		"wrong value, abbreviated": {"job", aJob(`"title":[` + strings.Repeat("1,", 50) + `1]`),
			[]string{`title: must be a string, not [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1…`}},
		"nothing":     {"job", ``, []string{`required: a JSON object`}},
		"white space": {"job", " \n\t", []string{`required: a JSON object`}},
		"no JSON": {"job", `{"id":x}`,
			[]string{`no valid JSON: invalid character 'x' looking for beginning of value, at byte 7`}},
		"JSON cut short":          {"release", `{"id":"1"`, []string{`no valid JSON: it ends too early, after 9 bytes`}},
		"something after the end": {"job", `{"id":"1"} {}`, []string{`no valid JSON: something follows its end, after byte 10`}},
		"a bracket after the end": {"job", `{"id":"1"}]`, []string{`no valid JSON: something follows its end, after byte 10`}},
		"an array":                {"release", `[1]`, []string{`must be an object, not [1]`}},
		"a string":                {"emission", `"INSTANCE_CREATED"`, []string{`must be an object, not "INSTANCE_CREATED"`}},
		"objects nested too deep": {"job",
			aJob(`"vars":{"a":` + strings.Repeat(`[`, 200) + strings.Repeat(`]`, 200) + `}`),
			[]string{`no valid JSON: it nests deeper than 100 levels`}},
		"brackets in strings are none": {"job", aJob(`"title":"` + strings.Repeat(`[\"`, 200) + `"`), nil},
		"unknown key of a message": {"lock", `{"lock":"a:b:c","token":"x"}`,
			[]string{`token: unknown key; the keys here are lock, result, vote, data, by, groups, reason, digest, voucher`}},
		"wrong type in a query": {"history", `{"limit":"5"}`, []string{`limit: must be a whole number, not "5"`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, problemsOf(t, kinds[test.kind](test.input)))
		})
	}
}

// TestNullIsAsIfTheKeyWereAbsent, except where a user's own value may be null.
func TestNullIsAsIfTheKeyWereAbsent(t *testing.T) {
	t.Parallel()
	job, err := latch.DecodeJob([]byte(aJob(`"title":null,"timeout":null,"retry":null,"schedule":null,"tags":null,"continue_on_error":null,
		"vars":{"a":null},"jobs":null,
		"webhooks":[{"id":"w","url":"https://example.com/","event":"JOB_START","enabled":null,"body":null,"headers":{"X-A":null}}]`)))
	require.NoError(t, err)
	require.Nil(t, job.Retry)
	require.Nil(t, job.Schedule)
	require.Equal(t, "null", string(job.Vars["a"]))
	require.True(t, job.Webhooks[0].IsEnabled())
	require.Empty(t, job.Webhooks[0].Headers)
	require.Nil(t, job.Webhooks[0].BodyFor(latch.Event{}))
}

// TestAnIDMayBeANumber: "ids are strings (a JSON number is taken as its digits)".
func TestAnIDMayBeANumber(t *testing.T) {
	t.Parallel()
	for _, digits := range []string{"22739", "0", "-1", "12345678901234567890123456789", "1.50"} {
		job, err := latch.DecodeJob(fmt.Appendf(nil, `{"id":%s,"jobs":[%s],"schedule":{"after":%s},
			"webhooks":[{"id":%s,"url":"https://example.com/","event":"JOB_START"}]}`,
			digits, digits, digits, digits))
		require.NoError(t, err)
		require.Equal(t, []string{digits, digits, digits, digits},
			[]string{job.ID, job.Jobs[0].Registered, job.Schedule.After, job.Webhooks[0].ID})
	}
	var skip latch.Skip
	require.NoError(t, skip.Decode([]byte(`{"webhook":7,"event":"BEFORE_RELEASE","reason":"it is down"}`)))
	require.Equal(t, "7", skip.Webhook)
	var query latch.HistoryQuery
	require.NoError(t, query.Decode([]byte(`{"webhook":7}`)))
	require.Equal(t, "7", query.Webhook)
}

func TestValuesOfOnesOwnKeepTheirDigits(t *testing.T) {
	t.Parallel()
	const huge = `{"a":12345678901234567890.10,"b":1e400,"c":[1.0]}`
	job, err := latch.DecodeJob([]byte(aJob(`"vars":{"v":` + huge + `}`)))
	require.NoError(t, err)
	require.Equal(t, huge, string(job.Vars["v"]))
	encoded, err := json.Marshal(job)
	require.NoError(t, err)
	require.Contains(t, string(encoded), `"vars":{"v":`+huge+`}`)
}

func TestShortForms(t *testing.T) {
	t.Parallel()
	job, err := latch.DecodeJob([]byte(`{"id":"s","schedule":"0 0 * * *","jobs":["a",{"id":"b",` + task + `}],
		"webhooks":[{"id":"w","url":"https://example.com/","event":"JOB_FAILURE"}],"retry":{"maximum_attempts":3.0}}`))
	require.NoError(t, err)
	require.Equal(t, "0 0 * * *", job.Schedule.Cron)
	require.Equal(t, "a", job.Jobs[0].Registered)
	require.Equal(t, "b", job.Jobs[1].Job.ID)
	require.Equal(t, 3, job.Retry.MaximumAttempts)
	settings, listens := job.Webhooks[0].On(latch.EventJobFailure)
	require.True(t, listens)
	require.Equal(t, latch.Event{Event: latch.EventJobFailure}, settings)
}

// TestDecodingIsQuickWhateverComes: a quadratic decoder would exceed the time limit for these
// hostile inputs by far.
func TestDecodingIsQuickWhateverComes(t *testing.T) {
	t.Parallel()
	const size = 512 << 10
	var unknown strings.Builder
	for i := 0; unknown.Len() < size/2; i++ {
		fmt.Fprintf(&unknown, `"%x":1,`, i)
	}
	nested := strings.Repeat(`{"jobs":[`, 49) + `"` + strings.Repeat("a", size) + `"` + strings.Repeat(`]}`, 49)
	for name, input := range map[string]string{
		"problems of both kinds": `{` + unknown.String() + `"webhooks":[` + strings.Repeat(`{},`, size/6) + `{}]}`,
		"sequences in sequences": nested,
		"brackets alone":         strings.Repeat(`[`, size),
	} {
		var err error
		took := hang.CPUTime(func() { _, err = latch.DecodeJob([]byte(input)) })
		require.Error(t, err, name)
		require.Less(t, len(err.Error()), 2*size, name)
		require.Less(t, took, 20*time.Second, name)
	}
}
