package mittoapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/mitto/mittoapi"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/registry"
)

const cmdJob = `{"id":22739,"name":"hooks","title":"Webhooks!","type":"cmd","tags":["a"],
	"conf":{"shell":true,"cmd":"sleep 15","exec":false,"timeout":null,"cmd_env":{}}}`

// facts.md, "Job JSON": POST creates, GET reads, PATCH changes, DELETE removes; under /v2 and
// /api/v2, and GET under the paths of v1.
func TestMittoJobs(t *testing.T) {
	t.Parallel()
	for _, prefix := range []string{"/v2", "/api/v2"} {
		t.Run(prefix, func(t *testing.T) {
			t.Parallel()
			b := newMitto(t)
			b.do(201, "POST", prefix+"/jobs", cmdJob)
			want := `{"id":22739,"name":"hooks","title":"Webhooks!","type":"cmd","tags":["a"],"conf":%q,
				"jobs":[],"status":null,"schedule":null,"timeout":null,"delay":null,"continue_on_error":false,
				"concurrency":null,"notify":0,"markdown":null,"created_at":"2026-01-02T03:04:05.000Z",
				"updated_at":"2026-01-02T03:04:05.000Z"}`
			conf := "{\n  shell: true\n  cmd: sleep 15\n  exec: false\n  timeout: null\n  cmd_env: {}\n}"
			for _, path := range []string{prefix + "/jobs/22739", "/api/job/22739", "/job/22739"} {
				require.JSONEq(t, fmt.Sprintf(want, conf), b.do(200, "GET", path, ""))
			}
			var changed struct {
				Title    string
				Schedule map[string]any
			}
			require.NoError(t, json.Unmarshal(
				[]byte(b.do(200, "PATCH", prefix+"/jobs/22739", `{"title":"T","schedule":{"type":"daily","value":"0 3 * * *"}}`)), &changed))
			require.Equal(t, "T", changed.Title)
			require.Equal(t, "0 3 * * *", b.registry.Jobs[0].Job.Schedule.Cron)
			require.JSONEq(t, `{"id":22739,"name":"hooks","title":"T","type":"cmd","status":null}`,
				b.do(200, "GET", prefix+"/jobs/22739/status", ""))
			require.Empty(t, b.do(204, "DELETE", prefix+"/jobs/22739", ""))
			for _, gone := range [][2]string{{"GET", ""}, {"PATCH", "{}"}, {"DELETE", ""}} {
				require.Contains(t, b.do(404, gone[0], prefix+"/jobs/22739", gone[1]), "22739")
			}
		})
	}
}

// New ids are ints. A given id is used if it is free, and only a name is required.
func TestMittoIDs(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	made := func(body string) (id any) {
		var job map[string]any
		require.NoError(t, json.Unmarshal([]byte(b.do(201, "POST", "/v2/jobs", body)), &job))
		return job["id"]
	}
	require.IsType(t, 1.0, made(`{"title":"x"}`))
	require.Greater(t, made(`{"title":"x"}`), 1e8)
	require.InDelta(t, 5.0, made(`{"id":5}`), 0)
	require.NotEqual(t, 5.0, made(`{"id":5}`), "a copy of a job gets an id of its own")
	require.Equal(t, "nightly", made(`{"id":"nightly"}`))
	require.Contains(t, b.do(409, "POST", "/v2/jobs", `{"id":"nightly"}`), "nightly")
}

// Bad input: each its own status and text.
func TestMittoRefusals(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	b.do(201, "POST", "/v2/jobs", cmdJob)
	b.do(201, "POST", "/v2/jobs", `{"id":7,"type":"sql"}`)
	b.do(201, "POST", "/v2/jobs", `{"id":8,"type":"sql"}`)
	b.registry.Jobs[2].Followers = []string{"7"}
	for _, test := range []struct {
		method, path, body string
		status             int
		detail, location   string
	}{
		{"POST", "/v2/jobs", `{`, 400, "not JSON", ""},
		{"POST", "/v2/jobs", `[]`, 422, "object", "body"},
		{"POST", "/v2/jobs", `{"type":"cmd","conf":{"cmd":1}}`, 422, "", "body.conf.cmd"},
		{"POST", "/v2/jobs", ``, 400, "body", ""},
		{"POST", "/v2/jobs", `{"x":"` + strings.Repeat("x", 3<<20) + `"}`, 413, "", ""},
		{"PATCH", "/v2/jobs/22739", `{"timeout":"soon"}`, 422, "soon", "body.timeout"},
		{"PATCH", "/v2/jobs/22739", `nope`, 400, "", ""},
		{"DELETE", "/v2/jobs/8", ``, 409, "after it: 7", ""},
		{"GET", "/v2/jobs/none", ``, 404, "none", ""},
		{"GET", "/v2/jobs/none/status", ``, 404, "none", ""},
		{"GET", "/v2/jobs/none/webhooks", ``, 404, "none", ""},
		{"POST", "/v2/jobs/none/:actions", `{"action":"START"}`, 404, "none", ""},
		{"POST", "/v2/jobs/none/:actions", `{"action":"STOP"}`, 404, "none", ""},
		{"POST", "/v2/jobs/22739/:actions", `{"action":"DANCE"}`, 422, "START or STOP", "body.action"},
		{"POST", "/v2/jobs/22739/:actions", `{}`, 422, "nothing", "body.action"},
		{"POST", "/v2/jobs/22739/:actions", `START`, 400, "not JSON", ""},
		{"POST", "/v2/jobs/22739/:actions", `{"action":"STOP"}`, 409, "not running", ""},
		{"POST", "/v2/jobs/22739/webhooks", `{"url":"x"}`, 422, "", "body.event_type"},
		{"PUT", "/webhooks/1", `{"url":"https://example.com/","event_type":"JOB_START"}`, 404, "1", ""},
		{"DELETE", "/webhooks/2273900001", ``, 404, "2273900001", ""},
		{"GET", "/webhooks/4503599627370497", ``, 404, "", ""},
		{"POST", "/v2/bulk/jobs", `{}`, 422, "array", ""},
		{"POST", "/v2/bulk/jobs", `[{"title":"x"},{"timeout":"soon"},7]`, 422, "", "body.[1].timeout"},
		{"POST", "/tags", `{}`, 422, "required", "body.name"},
		{"POST", "/v2/jobs/search?status=odd&start=soon", ``, 422, "", "query.status"},
		{"POST", "/v2/jobs/search?limit=0", ``, 422, "", "query.limit"},
		{"PUT", "/v2/jobs", `{}`, 405, "PUT", ""},
	} {
		got := b.do(test.status, test.method, test.path, test.body)
		require.Contains(t, got, test.detail, test.path)
		if test.location != "" {
			require.Contains(t, got, `"location":"`+test.location+`"`, "%s %s", test.path, got)
		}
	}
	require.Len(t, b.registry.Jobs, 3, "where one of a list is wrong, none is registered")
	b.registry.CreateError = serviceerror.NewUnavailable("down")
	b.do(503, "POST", "/v2/jobs", `{}`)
	b.registry.CreateError = fmt.Errorf("job: %w", registry.ErrConflict)
	b.do(409, "POST", "/v2/jobs", `{}`)
	b.registry.CreateError = errors.New("odd")
	b.do(500, "POST", "/v2/jobs", `{}`)
}

// facts.md: START answers with the new run's status object, returncode null; a
// second START while it runs is 409 with that run; STOP answers with the status.
func TestMittoActions(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	b.do(201, "POST", "/v2/jobs", cmdJob)
	const path = "/v2/jobs/22739/:actions"
	var status map[string]any
	require.NoError(t, json.Unmarshal([]byte(b.do(200, "POST", path, `{"action":"START","secret":"kept out of it","lock":"a:b:c"}`)), &status))
	require.InDelta(t, float64(protocol.RunNumber("22739", "run-1")), status["id"], 0)
	require.Equal(t, "run-1", status["run_id"])
	require.NotNil(t, status["started_at"])
	delete(status, "id")
	delete(status, "run_id")
	delete(status, "started_at")
	require.Equal(t, map[string]any{"pid": nil, "returncode": nil, "updates": nil, "count": nil, "error": nil,
		"completed_at": nil, "kvp": map[string]any{}}, status)

	b.do(200, "POST", "/api"+path, `{"action":"start"}`, "Idempotency-Key", "k")
	b.do(200, "POST", path, `{"action":"START"}`, "webhook-id", "k")
	b.do(200, "POST", path, `{"action":"START"}`, "webhook-id", "k")
	started := b.registry.Started
	require.NotEqual(t, started[0], started[1])
	require.NotEqual(t, started[1], started[2])
	require.Equal(t, started[2], started[3], "each attempt of a delivery is the same START")

	b.registry.Ran["22739"] = registry.Run{RunID: "run-2", Status: latch.JobRunning, StartedAt: latch.NewTime(apitest.Fixed)}
	var conflict map[string]any
	require.NoError(t, json.Unmarshal([]byte(b.do(409, "POST", path, `{"action":"START"}`)), &conflict))
	require.Equal(t, "job-22739", conflict["workflow_id"])
	require.Equal(t, "run-2", conflict["run_id"])

	b.temporal.Add("job-22739", latch.WorkflowJobRun,
		enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING).Update = apitest.AlwaysUpdated(latch.Status{}, nil)
	require.Contains(t, b.do(200, "POST", path, `{"action":"STOP"}`), `"run-2"`)
	update := b.temporal.Updates[len(b.temporal.Updates)-1]
	require.Equal(t, "job-22739", update.WorkflowID)
	require.Equal(t, "stop", update.UpdateName)
	require.Equal(t, []any{latch.Control{By: "local"}}, update.Args)
}

// Mitto starts any job. One that Latch cannot run fails in its run, whose webhooks receive the
// reason.
func TestMittoStartsAJobThatCannotRun(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	b.do(201, "POST", "/v2/jobs", `{"id":7,"type":"sql","title":"T","timeout":5,"conf":{"sql":"select 1"},
		"webhooks":[{"url":"https://example.com/","event_type":"JOB_FAILURE"}]}`)
	b.do(200, "POST", "/v2/jobs/7/:actions", `{"action":"START"}`)
	started := b.registry.StartedEntries[0]
	require.Contains(t, started.Lineage().Lacks, `"sql"`)
	require.Equal(t, "https://example.com/", started.Job.Webhooks[0].URL)
	require.Equal(t, "T", started.Job.Title)
	require.Equal(t, []string{"false"}, started.Job.Task.Command.Argv, "a worker that knows nothing of it fails too")
	require.Nil(t, b.registry.Jobs[0].Job, "what is kept stays as it is")
}

// facts.md, `status`: the result of a run.
func TestMittoStatus(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	b.do(201, "POST", "/v2/jobs", cmdJob)
	b.registry.Ran["22739"] = registry.Run{RunID: "r", Status: latch.JobFailed, Error: "exit status 2", ExitStatus: 2,
		StartedAt:   latch.NewTime(apitest.Fixed),
		CompletedAt: latch.NewTime(apitest.Fixed.Add(time.Second)), KVP: latch.Object{"a b": json.RawMessage("1.50")}}
	number := protocol.RunNumber("22739", "r")
	want := `{"id":` + fmt.Sprint(number) + `,"run_id":"r","pid":null,"returncode":2,"updates":null,"count":null,
		"error":"exit status 2","started_at":"2026-01-02T03:04:05.000Z",
		"completed_at":"2026-01-02T03:04:06.000Z","kvp":{"a b":1.50}}`
	for _, path := range []string{"/v2/jobs/22739", "/v2/jobs/22739/status", fmt.Sprintf("/v2/jobs/%d/status", number)} {
		var job struct{ Status json.RawMessage }
		require.NoError(t, json.Unmarshal([]byte(b.do(200, "GET", path, "")), &job))
		require.JSONEq(t, want, string(job.Status))
		require.Contains(t, string(job.Status), "1.50")
	}
	var listed []struct{ Status json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(b.do(200, "GET", "/v2/jobs", "")), &listed))
	require.JSONEq(t, want, string(listed[0].Status))
	b.do(404, "GET", fmt.Sprintf("/v2/jobs/%d/status", number+1), "")
}

// facts.md, webhook endpoints: under a job with /v2, by themselves without.
func TestMittoWebhooks(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	b.do(201, "POST", "/v2/jobs", cmdJob)
	b.do(201, "POST", "/v2/jobs", `{"id":"nightly","title":"x","type":"io",
		"webhooks":[{"url":"https://example.com/n","event_type":"JOB_START"}]}`)
	const body = `{"url":"https://example.com/","method":"POST","event_type":"JOB_COMPLETE",
		"content_type":"application/json","body":"{ \"text\": \"hello\" }","enabled":true}`
	var webhook struct {
		ID        int64
		CreatedAt string `json:"created_at"`
		UpdatedAt string `json:"updated_at"`
	}
	require.NoError(t, json.Unmarshal([]byte(b.do(201, "POST", "/v2/jobs/22739/webhooks", body)), &webhook))
	require.Equal(t, int64(2273900001), webhook.ID)
	require.JSONEq(t, strings.Replace(body, "{",
		`[{"id":2273900001,"created_at":"`+webhook.CreatedAt+`","updated_at":"`+webhook.UpdatedAt+`",`, 1)+"]",
		b.do(200, "GET", "/api/v2/jobs/22739/webhooks", ""))
	require.Equal(t, b.do(200, "GET", "/v2/jobs/22739/webhooks", ""), b.do(200, "GET", "/v2/jobs/2273900001/webhooks", ""),
		"Mitto's client asks by the id of a webhook")
	b.do(404, "GET", "/v2/jobs/2273900002/webhooks", "")
	require.Len(t, b.registry.Jobs[0].Job.Webhooks, 1)

	for _, prefix := range []string{"", "/api"} {
		var all []map[string]any
		require.NoError(t, json.Unmarshal([]byte(b.do(200, "GET", prefix+"/webhooks", "")), &all))
		require.Len(t, all, 2)
		require.ElementsMatch(t, []any{22739.0, "nightly"}, []any{all[0]["job_id"], all[1]["job_id"]})
		for _, each := range all {
			path := fmt.Sprintf("%s/webhooks/%d", prefix, int64(each["id"].(float64)))
			require.Contains(t, b.do(200, "GET", path, ""), each["url"])
			require.Contains(t, b.do(200, "PUT", path, strings.Replace(body, "example.com/", "example.com/2", 1)), "example.com/2")
		}
	}
	require.Equal(t, "https://example.com/2", b.registry.Jobs[0].Job.Webhooks[0].URL)
	require.Empty(t, b.do(204, "DELETE", "/webhooks/2273900001", ""))
	require.Equal(t, "[]", b.do(200, "GET", "/v2/jobs/22739/webhooks", ""))
}

// facts.md, search: parameters in the query of a POST without a body, and
// pagination as the client walks through it.
func TestMittoSearch(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	for i := range 5 {
		b.do(201, "POST", "/v2/jobs",
			fmt.Sprintf(`{"id":%d,"name":"Job_%d","title":"Number %d","type":"io","tags":["t%d","all"]}`, i+1, i+1, i+1, i%2))
	}
	b.do(201, "POST", "/v2/jobs", cmdJob)
	runs := []string{latch.JobRunning, latch.JobSucceeded, latch.JobFailed, latch.JobCancelled}
	for i, status := range runs {
		b.registry.Ran[fmt.Sprint(i+1)] = registry.Run{RunID: "r", Status: status,
			StartedAt: latch.NewTime(apitest.Fixed.AddDate(0, 0, i)), KVP: latch.Object{}}
	}
	for query, want := range map[string][]int{
		"": {1, 2, 3, 4, 5, 22739}, "search=job_": {1, 2, 3, 4, 5}, "search=NUMBER+2": {2}, "search=hooks!": {22739}, "search=none": {},
		"tag=t0": {1, 3, 5}, "tag=t": {}, "type=cmd": {22739}, "type=io&tag=t1&search=4": {4},
		"status=running": {1}, "status=success": {2}, "status=failed": {3, 4}, "status=cancelled": {4}, "status=never": {5, 22739},
		"start=2026-01-03": {2, 3, 4}, "end=2026-01-03": {1, 2}, "start=2026-01-03T03:04:05Z&end=2026-01-04T03:04:04Z": {2},
		"limit=2": {1, 2}, "limit=2&offset=4": {5, 22739}, "offset=9": {},
	} {
		var page mittoapi.MittoPage
		require.NoError(t, json.Unmarshal([]byte(b.do(200, "POST", "/v2/jobs/search?"+query, "")), &page))
		ids := []int{}
		for _, job := range page.Jobs {
			var id int
			require.NoError(t, json.Unmarshal(job["id"], &id))
			ids = append(ids, id)
		}
		require.Equal(t, want, ids, query)
	}
	var seen, offset int
	for more := true; more; {
		var page struct {
			Jobs       []map[string]any
			Pagination struct {
				Count, Limit, Offset int
				MorePages            bool `json:"more_pages"`
			}
		}
		query := url.Values{"limit": {"4"}, "offset": {fmt.Sprint(offset)}}
		require.NoError(t, json.Unmarshal([]byte(b.do(200, "POST", "/api/v2/jobs/search?"+query.Encode(), "")), &page))
		require.Equal(t, 6, page.Pagination.Count)
		seen, more, offset = seen+len(page.Jobs), page.Pagination.MorePages, page.Pagination.Offset+4
	}
	require.Equal(t, 6, seen)
	var listed []map[string]any
	require.NoError(t, json.Unmarshal([]byte(b.do(200, "GET", "/v2/jobs?limit=1&offset=1", "")), &listed))
	require.Len(t, listed, 1)
	require.Equal(t, "Job_2", listed[0]["name"])
}

// Lists of very many jobs show the last runs without reading each of them.
func TestMittoListsOfMany(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	for i := range 201 {
		b.registry.Jobs = append(b.registry.Jobs, registry.Definition{ID: fmt.Sprint(i + 1), Lacks: "all"})
	}
	b.registry.Ran["7"] = registry.Run{RunID: "r", Status: latch.JobSucceeded}
	var listed []struct{ Status map[string]any }
	require.NoError(t, json.Unmarshal([]byte(b.do(200, "GET", "/v2/jobs", "")), &listed))
	require.Len(t, listed, 201)
	require.Equal(t, "r", listed[6].Status["run_id"])
	require.Nil(t, listed[7].Status)
}

// facts.md: tags, metrics, about, messages, and v1's system.
func TestMittoTheRest(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	b.do(201, "POST", "/v2/jobs", `{"id":1,"tags":["x"]}`)
	b.do(201, "POST", "/v2/jobs", `{"id":2,"tags":["x","y"]}`)
	b.do(201, "POST", "/v2/jobs", `{"id":3}`)
	b.do(201, "POST", "/tags", `{"name":"lone"}`)
	var tags []map[string]any
	require.NoError(t, json.Unmarshal([]byte(b.do(200, "GET", "/api/tags", "")), &tags))
	require.Len(t, tags, 3)
	for i, name := range []string{"lone", "x", "y"} {
		require.Equal(t, name, tags[i]["name"])
		require.IsType(t, 1.0, tags[i]["id"])
		require.Equal(t, "2026-01-02T03:04:05.000Z", tags[i]["created_at"])
		require.Equal(t, "2026-01-02T03:04:05.000Z", tags[i]["updated_at"])
	}
	require.JSONEq(t, `{"total_jobs_count":3,"total_runs_count":3,"total_failed_runs":1,"total_successful_runs":2}`,
		b.do(200, "GET", "/v2/metrics", ""))
	const messages = `{"enabled":false,"default-level":null,"default-level-value":0}`
	require.JSONEq(t, messages, b.do(200, "GET", "/api/v2/about/messages", ""))
	var about map[string]any
	require.NoError(t, json.Unmarshal([]byte(b.do(200, "GET", "/v2/about", "")), &about))
	require.Equal(t, map[string]any{"name": "UTC", "offset": "+0000", "olsen": "Etc/UTC"}, about["timezone"])
	require.Equal(t, map[string]any{"enabled": false, "default-level": nil, "default-level-value": 0.0}, about["messages"])
	require.Len(t, about["tags"], 3)
	for _, key := range []string{"system", "version", "sysinfo"} {
		require.Contains(t, about, key)
	}
	for _, path := range []string{"/api/system", "/system"} {
		var system map[string]any
		require.NoError(t, json.Unmarshal([]byte(b.do(200, "GET", path, "")), &system))
		require.Equal(t, about["system"], system)
		require.Equal(t, "stage.zuarbase.net", system["fqdn"])
		require.Contains(t, system, "database.version")
	}
}

// Contract, "HTTP API": OpenAPI contains the Mitto routes with all their prefixes, each
// operation with its own name.
func TestMittoOpenAPI(t *testing.T) {
	t.Parallel()
	var described struct {
		Paths map[string]map[string]struct {
			OperationID string
			RequestBody *struct {
				Required bool
				Content  map[string]struct{ Schema map[string]any }
			}
		}
	}
	require.NoError(t, json.Unmarshal(apitest.Call(newMitto(t), "GET", "/openapi.json", "").Body.Bytes(), &described))
	for path, methods := range map[string][]string{
		"/v2/jobs": {"get", "post"}, "/v2/jobs/search": {"get", "post"}, "/v2/jobs/{id}": {"get", "patch", "delete"},
		"/v2/jobs/{id}/status":   {"get"},
		"/v2/jobs/{id}/:actions": {"post"}, "/v2/jobs/{id}/webhooks": {"get", "post"}, "/v2/bulk/jobs": {"get", "post"}, "/v2/about": {"get"},
		"/v2/about/messages": {"get"}, "/v2/metrics": {"get"}, "/webhooks": {"get"},
		"/webhooks/{webhook}": {"get", "put", "delete"}, "/tags": {"get", "post"},
		"/job/{id}": {"get"}, "/system": {"get"},
	} {
		for _, prefix := range []string{"", "/api"} {
			for _, method := range methods {
				require.Contains(t, described.Paths[prefix+path], method, "%s%s", prefix, path)
				if body := described.Paths[prefix+path][method].RequestBody; body != nil {
					require.True(t, body.Required)
					require.NotEmpty(t, body.Content["application/json"].Schema)
				}
			}
		}
	}
	seen := map[string]bool{}
	for _, methods := range described.Paths {
		for _, operation := range methods {
			require.False(t, seen[operation.OperationID], operation.OperationID)
			seen[operation.OperationID] = true
		}
	}
}

// docs/schedules.md: the answer of a call that writes a job contains its next three times, and
// warnings about probable mistakes in its schedule. A cron expression that Temporal would
// refuse is refused with the name of the client's field.
func TestMittoTimes(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	type answer struct {
		NextTimes []string `json:"next_times"`
		Warnings  []api.Warning
	}
	var made, changed, plain answer
	require.NoError(t, json.Unmarshal(
		[]byte(b.do(201, "POST", "/v2/jobs", `{"id":1,"type":"cmd","conf":{"cmd":"true"},"schedule":{"type":"custom",`+
			`"value":"0 0 3 * * *"}}`)), &made))
	require.Equal(t, []string{"2026-01-03T00:00:00.000Z", "2026-02-03T00:00:00.000Z", "2026-03-03T00:00:00.000Z"}, made.NextTimes)
	require.Len(t, made.Warnings, 1)
	require.Equal(t, "schedule", made.Warnings[0].Path)
	require.Contains(t, made.Warnings[0].Message, `of six fields the last is the year`)

	back := b.do(200, "PATCH", "/v2/jobs/1", `{"schedule":{"cron":"0 5 1,15 * 5","timezone":"Asia/Tokyo"},
		"warnings":["shown before"],"next_times":["shown before"]}`)
	require.NoError(t, json.Unmarshal([]byte(back), &changed))
	require.Equal(t, "2026-04-30T20:00:00.000Z", changed.NextTimes[0])
	require.Len(t, changed.Warnings, 1)
	require.Contains(t, changed.Warnings[0].Message, "day of month 1,15 and day of week 5")
	require.NoError(t, json.Unmarshal([]byte(b.do(200, "PATCH", "/v2/jobs/1", `{"schedule":null}`)), &plain))
	require.Equal(t, answer{}, plain)

	for field, schedule := range map[string]string{
		"body.schedule.value": `{"type":"custom","value":"0 25 * * *"}`, "body.schedule.custom": `{"type":"custom","custom":"0 0 L * *"}`,
		"body.schedule.cron": `{"cron":"0 0 ? * *"}`, "body.schedule.timezone": `{"cron":"0 0 * * *","timezone":"Berlin"}`,
	} {
		require.Contains(t, b.do(422, "POST", "/v2/jobs", `{"type":"cmd","conf":{"cmd":"true"},"schedule":`+schedule+`}`),
			`"`+field+`"`, schedule)
	}
}

// Lists show when a job runs next and what prevents it. A single job does if the caller asks
// for it, because its own form is that of templates. These fields are ignored in requests.
func TestPlansOfJobs(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	b.do(201, "POST", "/v2/jobs", `{"id":1,"title":"a","type":"cmd","conf":{"cmd":"true"},
		"schedule":{"type":"custom","custom":"0 0 * * *"},"paused":true,"next_time":"x","cannot_run":1}`)
	b.do(201, "POST", "/v2/jobs", `{"id":2,"title":"b","type":"sql"}`)
	b.registry.Jobs[0].Paused = true
	for _, path := range []string{"/v2/jobs", "/v2/jobs?limit=2"} {
		var listed []map[string]any
		require.NoError(t, json.Unmarshal([]byte(b.do(200, "GET", path, "")), &listed))
		require.Equal(t, []any{true, false, nil}, []any{listed[0]["paused"], listed[0]["cannot_run"], listed[0]["next_time"]})
		require.Contains(t, listed[0], "next_time")
		require.Equal(t, []any{false, true}, []any{listed[1]["paused"], listed[1]["cannot_run"]})
	}
	require.NotContains(t, b.do(200, "GET", "/v2/jobs/1", ""), `"paused"`)
}
