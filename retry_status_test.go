package latch_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// retry.on and retry.not_on contain statuses and classes, each in one list, for webhooks and
// http tasks.
func TestRetryStatusValidation(t *testing.T) {
	t.Parallel()
	hook := func(retry string) string { return aJob(aHook(`"event":"JOB_SUCCESS","retry":` + retry)) }
	task := func(task string) string { return `{"id":"j","task":` + task + `}` }
	const wrong = `must be an HTTP status such as 404, or a class of them such as "5xx", not `
	const notHere = "webhooks and http tasks alone take statuses"
	hold(t, []rule{
		{"statuses", "job", hook(`{"on":[404,"410","4xx"],"not_on":[501,"5xx",429]}`), nil},
		{"http task", "job", task(`{"http":{"url":"https://example.com/","retry":{"on":[404],"not_on":[501]}}}`), nil},
		{"absent", "job", hook(`{"on":null,"not_on":[]}`), nil},
		{"a status above 599", "job", hook(`{"on":[999]}`), nil},
		{"no list", "job", hook(`{"on":404}`), []string{`webhooks[0].retry.on: must be an array, not 404`}},
		{"no status", "job", hook(`{"on":[40,4,"5XX","50x",1000,4.5,true,"",-404,"404 "],"not_on":[{}]}`), []string{
			`webhooks[0].retry.on[0]: ` + wrong + `40`, `webhooks[0].retry.on[1]: ` + wrong + `4`, `webhooks[0].retry.on[2]: ` + wrong + `"5XX"`,
			`webhooks[0].retry.on[3]: ` + wrong + `"50x"`, `webhooks[0].retry.on[4]: ` + wrong + `1000`, `webhooks[0].retry.on[5]: ` + wrong + `4.5`,
			`webhooks[0].retry.on[6]: ` + wrong + `true`, `webhooks[0].retry.on[7]: ` + wrong + `""`, `webhooks[0].retry.on[8]: ` + wrong + `-404`,
			`webhooks[0].retry.on[9]: ` + wrong + `"404 "`, `webhooks[0].retry.not_on[0]: ` + wrong + `{}`}},
		{"no answer has it", "job", hook(`{"on":[100],"not_on":["1xx"]}`), []string{
			`webhooks[0].retry.on[0]: 100: an answer comes from 200 on`,
			`webhooks[0].retry.not_on[0]: 1xx: a 2xx is delivered; give success to say which one is not`}},
		{"a success that is not tried again", "job", hook(`{"not_on":[204]}`),
			[]string{`webhooks[0].retry.not_on[0]: 204: a 2xx is delivered; give success to say which one is not`}},
		{"in both", "job", hook(`{"on":[404,"5xx"],"not_on":["5xx",404]}`),
			[]string{`webhooks[0].retry.not_on[0]: 5xx stands in on, too`, `webhooks[0].retry.not_on[1]: 404 stands in on, too`}},
		{"twice", "job", hook(`{"on":[404,"404"]}`), []string{`webhooks[0].retry.on[1]: 404 is given twice`}},
		{"too many", "job", hook(`{"on":[404` + strings.Repeat(`,404`, 100) + `]}`),
			[]string{`webhooks[0].retry.on: has 101 statuses; the limit is 100`}},
		{"a poll of 202", "job", task(`{"http":{"url":"https://example.com/","retry":{"on":[202]}}}`), nil},
		{"no success at all", "job", task(`{"http":{"url":"https://example.com/","retry":{"on":[404,"2xx"]}}}`),
			[]string{`task.http.retry.on[1]: 2xx: no answer would be a success; give success to say which one is`}},
		{"a poll of what is said", "job", task(`{"http":{"url":"https://example.com/",
			"success":"response.data.done == true","retry":{"on":["2xx"]}}}`), nil},
		{"activity", "job", task(`{"activity":{"type":"A","retry":{"on":[404]}}}`), []string{`task.activity.retry.on: ` + notHere}},
		{"command", "job", task(`{"command":{"argv":["true"],"retry":{"not_on":[404]}}}`), []string{`task.command.retry.not_on: ` + notHere}},
		{"job", "job", `{"id":"j","retry":{"on":[404]},"task":{"command":{"argv":["true"]}}}`, []string{`retry.on: ` + notHere}},
	})
}

// A status is encoded in the form in which it was given.
func TestRetryStatusesAreWrittenAsRead(t *testing.T) {
	t.Parallel()
	var retry latch.Retry
	require.NoError(t, json.Unmarshal([]byte(`{"on":[404,"4xx"],"not_on":["501"]}`), &retry))
	require.Equal(t, latch.Retry{On: []latch.StatusCode{404, 4}, NotOn: []latch.StatusCode{501}}, retry)
	written, err := json.Marshal(retry)
	require.NoError(t, err)
	require.JSONEq(t, `{"on":[404,"4xx"],"not_on":[501]}`, string(written))
	require.Error(t, json.Unmarshal([]byte(`{"on":["many"]}`), &retry))
	for status, want := range map[int][2]bool{404: {true, true}, 499: {true, true}, 501: {false, true},
		503: {false, false}, 200: {false, false}} {
		again, said := retry.Again(status)
		require.Equal(t, want, [2]bool{again, said}, status)
	}
	_, said := (*latch.Retry)(nil).Again(404)
	require.False(t, said)
}
