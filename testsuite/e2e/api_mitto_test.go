package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"testing"

	"github.com/hjson/hjson-go/v4"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A mittoClient behaves like clients written for Mitto: on this machine it uses neither a key
// nor /api, from elsewhere it uses /api and the key in the query.
type mittoClient struct {
	*served
	root, key string
}

// mitto starts a worker that runs commands, and an API that its webhooks may call. The port is
// the API's.
func mitto(t *testing.T, keys string) (*mittoClient, string) {
	t.Helper()
	address := freeAddress(t)
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	b := setup(t, "LATCH_ALLOW_COMMANDS", "true", "LATCH_EGRESS_ALLOW", "127.0.0.1,localhost:"+port, "LATCH_FQDN", "stage.zuarbase.net")
	client := &mittoClient{served: b.serve("LATCH_API_ADDR", address, "LATCH_API_KEYS", keys, "LATCH_FQDN", "stage.zuarbase.net")}
	if keys != "" {
		client.root, client.key = "/api", "admin-key=1-0123456789"
	}
	return client, port
}

// send calls a path with parameters and a JSON body, and decodes the answer, which must be
// successful.
func (c *mittoClient) send(method, path string, parameters url.Values, body, into any) int {
	c.Helper()
	if parameters == nil {
		parameters = url.Values{}
	}
	if c.key != "" {
		parameters.Set("API_KEY", c.key)
	}
	text := ""
	if body != nil {
		encoded, err := json.Marshal(body)
		require.NoError(c, err)
		text = string(encoded)
	}
	got := c.call(method, c.root+path+"?"+parameters.Encode(), text)
	require.Less(c, got.status, 300, "%s %s: %s", method, path, got.body)
	if into != nil {
		require.NoError(c, json.Unmarshal([]byte(got.body), into), got.body)
	}
	return got.status
}

type object = map[string]any

// A mittoJob has the fields of a job that the client reads.
type mittoJob struct {
	ID       int64
	Title    string
	Conf     string
	Schedule object
	Status   *mittoRun
}

type mittoRun struct {
	ID          int64
	RunID       string `json:"run_id"`
	ReturnCode  *int
	Error       *string
	CompletedAt *string `json:"completed_at"`
	KVP         object
}

// A mittoBulk has the fields of an answer about several jobs that the client reads.
type mittoBulk struct {
	Status  mittoBulkStatus
	Results []mittoJob
}

type mittoBulkStatus struct {
	Success, Failure int
	Error            *string
}

func (c *mittoClient) create(job object) int64 {
	c.Helper()
	var made mittoJob
	c.send("POST", "/v2/jobs", nil, job, &made)
	require.Positive(c, made.ID)
	c.forget(made.ID)
	return made.ID
}

// forget removes the job when the test ends.
func (c *mittoClient) forget(id int64) {
	c.Cleanup(func() {
		_ = shared.client.ScheduleClient().GetHandle(context.Background(), fmt.Sprintf("latch-job-%d", id)).Delete(context.Background())
	})
}

func (c *mittoClient) get(id int64) mittoJob {
	c.Helper()
	var job mittoJob
	c.send("GET", jobRoute(id, ""), nil, nil, &job)
	return job
}

func (c *mittoClient) act(id int64, action string) mittoRun {
	c.Helper()
	var run mittoRun
	c.send("POST", jobRoute(id, "/:actions"), nil, object{"action": action}, &run)
	return run
}

// ended waits for the end of the job's run.
func (c *mittoClient) ended(id int64) mittoRun {
	c.Helper()
	var job mittoJob
	require.EventuallyWithT(c, func(t *assert.CollectT) {
		c.send("GET", jobRoute(id, "/status"), nil, nil, &job)
		require.NotNil(t, job.Status)
		require.NotNil(t, job.Status.ReturnCode)
	}, patience, tick)
	return *job.Status
}

func jobRoute(id int64, rest string) string { return fmt.Sprintf("/v2/jobs/%d%s", id, rest) }

// command is the conf of a job of type cmd, as in facts.md.
func command(line string) object {
	return object{"shell": true, "cmd": line, "exec": false, "timeout": nil, "cmd_env": object{}}
}

// "A client written for Mitto must work unchanged": it creates a job, changes it, gives it a
// webhook, starts it and reads its result.
func TestMittoClient(t *testing.T) {
	t.Parallel()
	for name, keys := range map[string]string{"on this machine": "", "from elsewhere": apiKeys} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := mitto(t, keys)
			id := c.create(object{"name": c.queue, "title": "Webhooks!", "type": "cmd", "tags": []string{c.queue},
				"conf": command("exit 3"), "owner": "ann"})
			c.act(id, "START")
			require.Equal(t, 3, *c.ended(id).ReturnCode)
			c.changesTheJob(id)
			c.changesItsWebhooks(id)
			run := c.act(id, "START")
			require.Positive(t, run.ID)
			require.NotEmpty(t, run.RunID)
			require.Nil(t, run.ReturnCode)
			ended := c.ended(id)
			require.Equal(t, run.ID, ended.ID)
			require.Equal(t, 0, *ended.ReturnCode, *ended.Error)
			require.Empty(t, *ended.Error)
			require.Equal(t, object{"rows loaded": 7.0}, ended.KVP)
			request := c.arrives("/slack", 1)[0]
			require.JSONEq(t, fmt.Sprintf(`{"text":"Job Complete!: stage.zuarbase.net - Renamed #%d: 7"}`, id), string(request.Body))
			c.findsTheJob(id)
			require.Equal(t, 204, c.send("DELETE", jobRoute(id, ""), nil, nil, nil))
			require.Equal(t, 404, c.call("GET", c.root+jobRoute(id, "")+"?API_KEY="+url.QueryEscape(c.key), "").status)
		})
	}
}

func (c *mittoClient) changesTheJob(id int64) {
	c.Helper()
	var changed mittoJob
	c.send("PATCH", jobRoute(id, ""), nil,
		object{"schedule": object{"type": "daily", "daily": object{"at": "03:00"}, "value": "0 3 1 1 *"}}, &changed)
	require.Equal(c, "0 3 1 1 *", changed.Schedule["value"])
	c.send("PATCH", jobRoute(id, ""), nil,
		object{"schedule": object{"type": "daily", "daily": object{"minute": 0, "hour": 12, "ampm": "AM"}, "value": "daily"}}, &changed)
	require.Equal(c, "0 0 * * *", changed.Schedule["value"])
	c.send("PATCH", jobRoute(id, ""), nil, object{"title": "Renamed"}, &changed)
	c.send("PATCH", jobRoute(id, ""), nil, object{"conf": command(`echo "{\"rows loaded\": ${ROWS:-7}}"`)}, &changed)
	job := c.get(id)
	require.Equal(c, "Renamed", job.Title)
	var conf object
	require.NoError(c, hjson.Unmarshal([]byte(job.Conf), &conf))
	require.Equal(c, command(`echo "{\"rows loaded\": ${ROWS:-7}}"`), conf)
}

func (c *mittoClient) changesItsWebhooks(id int64) {
	c.Helper()
	const text = `{"text": "Job Complete!: ${system['fqdn']} - ${job['title']} #${job['id']}: ${job['status']['kvp']['rows loaded']}"}`
	hook := object{"url": c.receiver.URL + "/elsewhere", "method": "POST", "event_type": "JOB_COMPLETE",
		"content_type": "application/json", "body": text, "enabled": true}
	var made, replaced struct {
		ID        int64
		URL       string
		CreatedAt string `json:"created_at"`
	}
	c.send("POST", jobRoute(id, "/webhooks"), nil, hook, &made)
	hook["url"] = c.receiver.URL + "/slack"
	c.send("PUT", fmt.Sprintf("/webhooks/%d", made.ID), nil, hook, &replaced)
	require.Equal(c, made.ID, replaced.ID)
	require.Equal(c, made.CreatedAt, replaced.CreatedAt)
	hook["enabled"] = false
	c.send("POST", jobRoute(id, "/webhooks"), nil, hook, &made)
	var hooks, all []object
	c.send("GET", jobRoute(id, "/webhooks"), nil, nil, &hooks)
	require.Len(c, hooks, 2)
	c.send("GET", "/webhooks", nil, nil, &all)
	require.Subset(c, idsOf(all), idsOf(hooks))
	require.Equal(c, 204, c.send("DELETE", fmt.Sprintf("/webhooks/%d", made.ID), nil, nil, nil))
	c.send("GET", jobRoute(id, "/webhooks"), nil, nil, &hooks)
	require.Len(c, hooks, 1)
}

func idsOf(objects []object) []any {
	var ids []any
	for _, each := range objects {
		ids = append(ids, each["id"])
	}
	return ids
}

func (c *mittoClient) findsTheJob(id int64) {
	c.Helper()
	var bulk, named mittoBulk
	c.send("POST", "/v2/bulk/jobs", nil,
		[]object{{"name": c.queue, "title": "one more", "type": "io", "tags": []string{c.queue}, "conf": object{"rows": 1}}}, &bulk)
	require.Equal(c, mittoBulkStatus{Success: 1}, bulk.Status)
	made := bulk.Results[0]
	c.forget(made.ID)
	c.send("GET", "/v2/bulk/jobs", url.Values{"name": {c.queue}}, nil, &named)
	require.Equal(c, mittoBulkStatus{Success: 2}, named.Status)
	require.Equal(c, []int64{id, made.ID}, []int64{named.Results[0].ID, named.Results[1].ID}, "in the order of creation")
	var page struct {
		Jobs       []mittoJob
		Pagination struct {
			Count  int
			More   bool `json:"more_pages"`
			Offset int
		}
	}
	var found []int64
	for offset, more := 0, true; more; offset = page.Pagination.Offset + 1 {
		c.send("POST", "/v2/jobs/search", url.Values{"tag": {c.queue}, "limit": {"1"}, "offset": {fmt.Sprint(offset)}}, nil, &page)
		for _, job := range page.Jobs {
			found = append(found, job.ID)
		}
		more = page.Pagination.More
	}
	require.Equal(c, []int64{id, made.ID}, found, "in the order of creation")
	require.EventuallyWithT(c, func(t *assert.CollectT) {
		c.send("POST", "/v2/jobs/search", url.Values{"tag": {c.queue}, "status": {"success"}}, nil, &page)
		require.Len(t, page.Jobs, 1)
		require.Equal(t, id, page.Jobs[0].ID)
	}, patience, tick)
	started := c.act(made.ID, "START")
	c.send("GET", jobRoute(started.ID, "/status"), nil, nil, &made) // the client asks by the run's id
	require.Equal(c, started.ID, made.Status.ID)
	cannot := c.ended(made.ID)
	require.Equal(c, 1, *cannot.ReturnCode)
	require.Contains(c, *cannot.Error, `Latch does not run jobs of type "io"`)

	var tags []object
	c.send("POST", "/tags", nil, object{"name": "lone-" + c.queue}, nil)
	c.send("GET", "/tags", nil, nil, &tags)
	names := map[any]bool{}
	for _, tag := range tags {
		names[tag["name"]] = true
	}
	require.True(c, names[c.queue] && names["lone-"+c.queue], "%v", tags)
	var about struct{ System object }
	c.send("GET", "/v2/about", nil, nil, &about)
	require.Equal(c, "stage.zuarbase.net", about.System["fqdn"])
	var messages object
	c.send("GET", "/v2/about/messages", nil, nil, &messages)
	require.Equal(c, object{"enabled": false, "default-level": nil, "default-level-value": 0.0}, messages)
	var metrics map[string]int
	c.send("GET", "/v2/metrics", nil, nil, &metrics)
	require.Positive(c, metrics["total_jobs_count"])
	var v1 mittoJob
	c.call("GET", fmt.Sprintf("/api/job/%d?API_KEY=%s", id, url.QueryEscape(c.key)), "").read(c, 200, &v1)
	require.Equal(c, "Renamed", v1.Title)
}

// "The call of the first document works as written": POST
// http://localhost:7127/v2/jobs/<job_id>/:actions with {"action": "START"}, from another job's
// webhook.
func TestAWebhookStartsAnotherJob(t *testing.T) {
	t.Parallel()
	c, port := mitto(t, "")
	second := c.create(object{"title": "second", "type": "cmd", "conf": command("true")})
	first := c.create(object{"title": "first", "type": "cmd", "conf": command("true"), "webhooks": []object{{
		"url": fmt.Sprintf("http://localhost:%s/v2/jobs/%d/:actions", port, second), "event_type": "JOB_SUCCESS", "method": "POST",
		"content_type": "application/json", "body": `{"action": "START"}`}}})
	run := c.act(first, "START")
	require.Equal(t, 0, *c.ended(second).ReturnCode)
	require.Equal(t, run.ID, c.ended(first).ID)
	records := c.history(fmt.Sprintf("job-%d", first))
	require.Len(t, records, 1)
	require.Equal(t, "pass", records[0].Result, records[0].Error)
	require.Equal(t, fmt.Sprint(c.ended(second).ID), string(records[0].Data["id"]))
}

// "One run of a job at a time": a second START is 409 with that run; STOP cancels it, and the
// job can be started again.
func TestMittoStop(t *testing.T) {
	t.Parallel()
	c, _ := mitto(t, "")
	id := c.create(object{"title": "long", "type": "cmd", "conf": command("exec sleep 300")})
	run := c.act(id, "START")
	conflict := c.call("POST", jobRoute(id, "/:actions"), `{"action":"START"}`).problem(t, 409)
	require.Equal(t, run.RunID, conflict.RunID)
	require.Equal(t, fmt.Sprintf("job-%d", id), conflict.WorkflowID)
	require.Equal(t, run.ID, c.act(id, "STOP").ID)
	ended := c.ended(id)
	require.Equal(t, 1, *ended.ReturnCode)
	require.NotEmpty(t, *ended.Error)
	c.call("POST", jobRoute(id, "/:actions"), `{"action":"STOP"}`).problem(t, 409)
	require.NotEqual(t, run.ID, c.act(id, "START").ID)
	c.act(id, "STOP")
	c.ended(id)
}
