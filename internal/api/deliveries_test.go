package api_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/runs/runstest"
)

const deliveriesPath = "/latch/v1/deliveries"

// Contract, "HTTP API": a wrong value is 422 and named, a body that is no JSON
// 400, too small a role 403.
func TestDeliveryRefusals(t *testing.T) {
	t.Parallel()
	f := apitest.Temporal()
	handler := apitest.WithKeys(t, f)
	for query, told := range map[string]string{
		"since=yesterday":                      `since: "yesterday" is neither a duration`,
		"since=x&until=y":                      "until: ",
		"job=a&release=b":                      "job and release",
		"since=1h&until=2h":                    "since must come before until",
		"cursor=nonsense":                      "cursor: ",
		"limit=201":                            "",
		"event=job":                            "",
		"failed=perhaps":                       "",
		"outcome=lost":                         "",
		"failed=true&outcome=delivered":        "failed and outcome",
		"cursor=e30&since=1h&job=a&release=b2": "job and release",
	} {
		got := apitest.ProblemOf(t, apitest.Call(handler, http.MethodGet, deliveriesPath+"?"+query, "", "X-API-Key", "read"), 422)
		require.Contains(t, got.Detail, told, query)
	}
	for body, fields := range map[string][]string{
		`{}`: {"body.failed"},
		`{"limit":201,"event":"job","since":"x","until":"y"}`: {"body.failed", "body.limit",
			"body.event", "body.since", "body.until"},
		`{"failed":true,"webhok":"a"}`:                                        {"body.webhok"},
		`{"failed":"yes"}`:                                                    {"body.failed"},
		`{"failed":true,"limit":0}`:                                           {"body.limit"},
		`{"failed":true,"deliveries":["dlv_a","a","dlv_a"]}`:                  {"body.deliveries[1]", "body.deliveries[2]"},
		`{"failed":true,"deliveries":"dlv_a"}`:                                {"body.deliveries"},
		`{"failed":true,"deliveries":[` + strings.Repeat(`"",`, 200) + `""]}`: {"body.deliveries"},
	} {
		got := apitest.ProblemOf(t, apitest.Call(handler, http.MethodPost, deliveriesPath+"/redeliver", body, "X-API-Key", "run"), 422)
		var told []string
		for _, each := range got.Errors {
			told = append(told, each.Location)
		}
		require.Equal(t, fields, told, body)
	}
	apitest.ProblemOf(t, apitest.Call(handler, http.MethodPost, deliveriesPath+"/redeliver", "{", "X-API-Key", "run"), 400)
	apitest.ProblemOf(t, apitest.Call(handler, http.MethodPost, deliveriesPath+"/redeliver", `{"failed":true}`, "X-API-Key", "lock"), 403)
	require.Empty(t, f.Starts)
}

// A list of deliveries is JSON without null, and shows readers no link that
// removes locks; nothing found is no error.
func TestDeliveryList(t *testing.T) {
	t.Parallel()
	record := latch.Record{DeliveryID: "dlv_a", Result: latch.ResultPending, StartedAt: latch.NewTime(apitest.Fixed),
		Lock: &latch.RecordLock{Token: "t", URL: "https://x/locks/t?link=s"}}
	handler := apitest.WithKeys(t, apitest.Running("job-0", apitest.Always([]latch.Record{record}, nil), nil))
	read := apitest.Call(handler, http.MethodGet, deliveriesPath, "", "X-API-Key", "read")
	require.Equal(t, 200, read.Code, read.Body)
	require.Contains(t, read.Body.String(), `"https://x/locks/t"`)
	require.Contains(t, apitest.Call(handler, http.MethodGet, deliveriesPath, "", "X-API-Key", "lock").Body.String(), "link=s")

	nothing := apitest.WithKeys(t, apitest.Temporal())
	require.JSONEq(t, `{"records":[],"runs":0}`,
		apitest.Call(nothing, http.MethodGet, deliveriesPath+"?failed=true&since=2h", "", "X-API-Key", "read").Body.String())
	require.JSONEq(t, `{"deliveries":[],"started":0,"skipped":0,"errors":0,"runs":0}`,
		apitest.Call(nothing, http.MethodPost, deliveriesPath+"/redeliver", `{"failed":true}`, "X-API-Key", "run").Body.String())
}

// Statistics accept the list's filter and refuse what it refuses. An empty result is not an
// error.
func TestDeliveryStatistics(t *testing.T) {
	t.Parallel()
	const path = deliveriesPath + "/statistics"
	record := latch.Record{DeliveryID: "dlv_a", Result: latch.ResultPass, Attempts: 1, StartedAt: latch.NewTime(apitest.Fixed),
		CompletedAt: latch.NewTime(apitest.Fixed), DurationMS: 12, Tries: []latch.RecordTry{{Number: 1, Status: 200}}}
	f := apitest.Running("job-0", apitest.Always([]latch.Record{record}, nil), nil)
	handler := apitest.WithKeys(t, f)
	at := apitest.Fixed.UTC().Format("2006-01-02T15:04:05.000Z")
	tally := `"count":1,"delivered":1,"failed":0,"pending":0,"skipped":0,"settled":0,"latency":{"p50_ms":12,"p95_ms":12,"max_ms":12}`
	require.JSONEq(t, `{`+tally+`,"runs":1,"interval_ms":1000,"intervals":[{"at":"`+at+`",`+tally+`}]}`,
		apitest.Call(handler, http.MethodGet, path, "", "X-API-Key", "read").Body.String())
	require.JSONEq(t, `{"count":0,"delivered":0,"failed":0,"pending":0,"skipped":0,"settled":0,"runs":1,"intervals":[]}`,
		apitest.Call(handler, http.MethodGet, path+"?outcome=failed&intervals=200", "", "X-API-Key", "read").Body.String())
	for _, query := range []string{"since=yesterday", "outcome=lost", "intervals=0", "intervals=201", "job=a&release=b"} {
		apitest.ProblemOf(t, apitest.Call(handler, http.MethodGet, path+"?"+query, "", "X-API-Key", "read"), 422)
	}
}

// Contract, "HTTP API": 503 if Temporal is unreachable.
func TestDeliveriesWithoutTemporal(t *testing.T) {
	t.Parallel()
	handler := apitest.WithKeys(t, &runstest.Temporal{ListError: serviceerror.NewUnavailable("down")})
	apitest.ProblemOf(t, apitest.Call(handler, http.MethodGet, deliveriesPath, "", "X-API-Key", "read"), 503)
	apitest.ProblemOf(t, apitest.Call(handler, http.MethodPost, deliveriesPath+"/redeliver", `{"failed":true}`, "X-API-Key", "run"), 503)
}

// One delivery is found by its id and its run. An incomplete run is 422, an unknown delivery
// 404, and readers see no link that removes locks.
func TestOneDelivery(t *testing.T) {
	t.Parallel()
	record := latch.Record{DeliveryID: "dlv_a", Result: latch.ResultPending, StartedAt: latch.NewTime(apitest.Fixed),
		Lock: &latch.RecordLock{Token: "t", URL: "https://x/locks/t?link=s"}}
	f := apitest.Running("job-0", apitest.Always([]latch.Record{record}, nil), nil)
	const run = "00000000-0000-4000-8000-000000000001"
	f.Runs[0].Info.Execution.RunId = run
	handler := apitest.WithKeys(t, f)
	get := func(id, query, key string) *httptest.ResponseRecorder {
		return apitest.Call(handler, http.MethodGet, deliveriesPath+"/"+id+query, "", "X-API-Key", key)
	}
	from := "?workflow_id=job-0&run_id=" + run
	read := get("dlv_a", from, "read")
	require.Equal(t, 200, read.Code, read.Body)
	require.Contains(t, read.Body.String(), `"https://x/locks/t"`)
	require.Contains(t, read.Body.String(), `"under_way":true`)
	require.Contains(t, get("dlv_a", from, "lock").Body.String(), "link=s")
	apitest.ProblemOf(t, get("dlv_b", from, "read"), 404)
	apitest.ProblemOf(t, get("dlv_a", "", "read"), 404)
	apitest.ProblemOf(t, get("dlv_a", "?workflow_id=job-0", "read"), 422)
}
