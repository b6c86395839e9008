package latch_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Contract, "Polling, analysis and soaking": settings that could never end, never pass or hold
// nothing are refused, with their paths.
func TestValidateAnalysisPollAndSoak(t *testing.T) {
	t.Parallel()
	const http, success = `"http":{"url":"https://example.com/errors"}`, `"success":"response.data.errors < 1"`
	for _, test := range []struct {
		name, webhook string
		problems      []string
	}{
		{name: "an analysis", webhook: `"event":"DEPLOY","analysis":{` + http + `,"interval":"30s","count":20,` + success +
			`,"failure":"response.data.errors > 5","failure_limit":2,"error_limit":0,"inconclusive":"stop"}`},
		{name: "one measurement", webhook: `"event":"DEPLOY","analysis":{` + http + `,` + success + `}`},
		{name: "without end", webhook: `"event":"DEPLOY","analysis":{` + http + `,"interval":"30s",` + success + `}`,
			problems: []string{"webhooks[0].analysis.count: required with interval: without it the analysis never ends"}},
		{name: "without an interval", webhook: `"event":"DEPLOY","analysis":{` + http + `,"count":3,` + success + `}`,
			problems: []string{"webhooks[0].analysis.interval: required with a count of more than 1"}},
		{name: "without a verdict", webhook: `"event":"DEPLOY","analysis":{` + http + `,"interval":"1s","count":3}`,
			problems: []string{"webhooks[0].analysis.success: required, or failure: nothing says yes or no to a measurement"}},
		{name: "all at once", webhook: `"event":"DEPLOY","method":"PUT","retry":{},"timeout":"1s","body":{},"analysis":{"count":-1,"failure_limit":-1,
			"error_limit":-2,"inconclusive":"ask"}`,
			problems: []string{"webhooks[0].method: is about the webhook's own request", "webhooks[0].retry: repeats nothing here",
				"webhooks[0].timeout: bounds nothing here", "webhooks[0].body: is sent by nothing here", "webhooks[0].analysis.http: required",
				"webhooks[0].analysis.count: -1: at least one", "webhooks[0].analysis.failure_limit: must be from 0 to 10000, not -1",
				"webhooks[0].analysis.error_limit: must be from 0 to 10000, not -2", "webhooks[0].analysis.inconclusive:"}},
		{name: "a request of its own", webhook: `"event":"DEPLOY","analysis":{"http":{"url":"https://example.com","retry":{},"poll":{"until":"true"}},` + success + `}`,
			problems: []string{"webhooks[0].analysis.http.retry: an error is a measurement",
				"webhooks[0].analysis.http.poll: an analysis asks again by itself"}},
		{name: "a URL as well", webhook: `"event":"DEPLOY","url":"https://example.com","analysis":{` + http + `,` + success + `}`,
			problems: []string{"webhooks[0].analysis: a webhook has one of"}},
		{name: "where nothing can be held", webhook: `"event":"RELEASE_SUCCESS","analysis":{` + http + `,` + success + `}`,
			problems: []string{"webhooks[0].event: an analysis holds what fired its event, and at RELEASE_SUCCESS nothing can be held"}},
		{name: "a poll", webhook: `"event":"DEPLOY","url":"https://example.com","poll":{"until":"response.status == 200","interval":"1s","timeout":"1m"}`},
		{name: "a poll without an end", webhook: `"event":"DEPLOY","url":"https://example.com","poll":{"interval":"-1s"}`,
			problems: []string{"webhooks[0].poll.until: required", "webhooks[0].poll.interval:"}},
		{name: "a poll of work", webhook: `"event":"DEPLOY","activity":{"type":"T"},"poll":{"until":"true"}`,
			problems: []string{"webhooks[0].poll: is about an HTTP request"}},
		{name: "a poll of nothing", webhook: `"events":[{"event":"DEPLOY","blocking":true}],"poll":{"until":"true"}`,
			problems: []string{"webhooks[0].poll: needs url or url_secret"}},
		{name: "soaking alone", webhook: `"event":"DEPLOY","soak":"20m"`},
		{name: "soaking at an event", webhook: `"events":[{"event":"DEPLOY","soak":"20m"}]`},
		{name: "soaking where nothing can be held", webhook: `"url":"https://example.com","events":[{"event":"JOB_SUCCESS","soak":"20m"}]`,
			problems: []string{"webhooks[0].events[0].soak: 20m0s: at JOB_SUCCESS nothing can be held"}},
		{name: "soaking while only recording", webhook: `"url":"https://example.com","soak":"1m","events":[{"event":"DEPLOY","enforce":false}]`,
			problems: []string{"webhooks[0].soak: 1m0s, and enforce false"}},
		{name: "a negative soak", webhook: `"event":"DEPLOY","soak":"-1m"`, problems: []string{"webhooks[0].soak:"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := latch.DecodeEmission([]byte(`{"event":"DEPLOY","webhooks":[{"id":"w",` + test.webhook + `}]}`))
			if test.problems == nil {
				require.NoError(t, err)
				return
			}
			for _, problem := range test.problems {
				require.ErrorContains(t, err, problem)
			}
		})
	}
}
