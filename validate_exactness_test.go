package latch_test

import "testing"

// Bodies are in UTF-8, and may not declare anything else. success is an expression over
// response.
func TestExactnessValidation(t *testing.T) {
	t.Parallel()
	hook := func(rest string) string { return aJob(aHook(`"event":"JOB_SUCCESS","body":"x",` + rest)) }
	hold(t, []rule{
		{"UTF-8", "job", hook(`"content_type":"text/plain; charset=UTF-8"`), nil},
		{"ASCII", "job", hook(`"content_type":"text/plain; charset=us-ascii"`), nil},
		{"Latin-1", "job", hook(`"content_type":"text/plain; charset=iso-8859-1"`),
			[]string{`webhooks[0].content_type: charset "iso-8859-1": bodies are sent in UTF-8`}},
		{"http task", "job", `{"id":"j","task":{"http":{"url":"https://example.com/","body":"x","content_type":"text/plain; charset=utf-16"}}}`,
			[]string{`task.http.content_type: charset "utf-16": bodies are sent in UTF-8`}},
		{"success without url", "release",
			aRelease(`"webhooks":[{"id":"w","success":"true","events":[{"event":"BEFORE_RELEASE","blocking":true}]}]`),
			[]string{`webhooks[0].success: needs url or url_secret: without a request there is no response`}},
		{"ordered without url", "release",
			aRelease(`"webhooks":[{"id":"w","ordered":true,"events":[{"event":"BEFORE_RELEASE","blocking":true}]}]`),
			[]string{`webhooks[0].ordered: needs url or url_secret: without a request there is nothing to send in order`}},
		{"ordered", "job", aJob(aHook(`"event":"JOB_SUCCESS","ordered":true`)), nil},
	})
}
