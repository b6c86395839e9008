package mittoapi_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/api/apitest"
)

// A PUT with the ETag of a job's webhook changes only that version. Other changes of the job do
// not affect the version.
func TestTheSecondChangeOfAJobsWebhookIsRefused(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	b.do(201, "POST", "/v2/jobs", `{"id":7,"title":"Shop","type":"cmd","conf":{"cmd":"true"},
		"webhooks":[{"event_type":"JOB_START","url":"https://a.example/"}]}`)
	const path = "/webhooks/700001"
	tag := func() string { return apitest.Call(b, "GET", path, "").Header().Get("ETag") }
	first := tag()
	require.NotEmpty(t, first)
	b.do(200, "PATCH", "/v2/jobs/7", `{"title":"The shop"}`)
	require.Equal(t, first, tag(), "another change of the job")
	b.do(200, "PUT", path, `{"event_type":"JOB_START","url":"https://b.example/"}`, "If-Match", first)
	require.NotEqual(t, first, tag())
	require.Contains(t, b.do(412, "PUT", path, `{"event_type":"JOB_START","url":"https://c.example/"}`, "If-Match",
		first), `"url":"https://b.example/"`)
	b.do(200, "PUT", path, `{"event_type":"JOB_START","url":"https://c.example/"}`, "If-Match", tag())
	b.do(200, "PUT", path, `{"event_type":"JOB_START","url":"https://d.example/"}`)
	require.Contains(t, b.do(412, "DELETE", path, "", "If-Match", first), `"url":"https://d.example/"`)
	last := tag()
	b.do(204, "DELETE", path, "", "If-Match", last)
	for _, method := range []string{"PUT", "DELETE"} {
		require.Contains(t, b.do(412, method, path, `{"event_type":"JOB_START","url":"https://d.example/"}`, "If-Match", last), "deleted", method)
	}
	b.do(404, "DELETE", path, "")
}

// A change with the ETag of a job changes only that version. Neither a run of the job nor
// another job that follows it makes a new version; a pause does.
func TestTheSecondChangeOfAJobIsRefused(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	b.do(201, "POST", "/v2/jobs", `{"id":7,"title":"Shop","type":"cmd","conf":{"cmd":"true"},"tags":["a"],
		"schedule":{"type":"custom","custom":"0 3 * * *"}}`)
	const path = "/v2/jobs/7"
	tag := func() string { return apitest.Call(b, "GET", path, "").Header().Get("ETag") }
	first := tag()
	require.NotEmpty(t, first)
	require.Equal(t, first, apitest.Call(b, "GET", path, "", "Prefer", "next-times").Header().Get("ETag"))
	b.do(200, "POST", path+"/:actions", `{"action":"START"}`)
	b.do(201, "POST", "/v2/jobs", `{"id":8,"type":"cmd","conf":{"cmd":"true"},"schedule":{"type":"endof","endof":7}}`)
	require.Equal(t, first, tag())
	b.do(200, "PATCH", path, `{"tags":["a","b"]}`, "If-Match", first)
	second := tag()
	require.NotEqual(t, first, second)
	require.Contains(t, b.do(412, "PATCH", path, `{"tags":["a","c"]}`, "If-Match", first), `"tags":["a","b"]`)
	b.do(200, "POST", "/latch/v1/jobs/7/pause", "")
	require.NotEqual(t, second, tag(), "paused")
	b.do(204, "DELETE", "/v2/jobs/8", "", "If-Match", `"other", `+apitest.Call(b, "GET", "/v2/jobs/8", "").Header().Get("ETag"))
	b.do(412, "DELETE", path, "", "If-Match", second)
	b.do(204, "DELETE", path, "", "If-Match", tag())
	b.do(404, "DELETE", path, "", "If-Match", second)
}
