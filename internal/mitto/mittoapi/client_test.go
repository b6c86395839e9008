package mittoapi_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/registry"
)

// A mittoScript repeats the calls that Mitto's public client makes for one of its examples: the
// same methods, paths and kinds of bodies, the key in the query.
type mittoScript struct {
	*mittoBench
	prefix string
}

func (s *mittoScript) call(status int, method, path, body string) (answer map[string]json.RawMessage) {
	s.Helper()
	address, err := url.Parse(s.prefix + path)
	require.NoError(s, err)
	query := address.Query()
	query.Set("API_KEY", "k")
	address.RawQuery = query.Encode()
	text := s.do(status, method, address.String(), body)
	if text != "" && text[0] == '{' {
		require.NoError(s, json.Unmarshal([]byte(text), &answer))
	}
	return answer
}

// sqlJob is the job in the examples, of a type that Latch does not run.
const sqlJob = `{"name":"sql_1","title":"[SQL] 1","type":"sql",
	"schedule":{"value":"daily","type":"daily","daily":{"minute":0,"hour":12,"ampm":"AM"},"hourly":null,
		"custom":null},
	"conf":{"dbo":"postgresql://localhost/analytics","credentials":null,"sql":"select 1","parameters":{},
		"kwargs":{},"transaction":true,"split":false}}`

func (s *mittoScript) createJob() (job map[string]json.RawMessage, path string) {
	s.Helper()
	job = s.call(201, "POST", "/v2/jobs", sqlJob)
	return job, "/v2/jobs/" + string(job["id"])
}

func (s *mittoScript) createWebhook() (webhook map[string]json.RawMessage) {
	s.Helper()
	_, path := s.createJob()
	return s.call(201, "POST", path+"/webhooks", `{"url":"https://example.com/hook","method":"POST","event_type":"JOB_COMPLETE",
		"content_type":"application/json","body":"{ \"text\": \"hello world\" }","enabled":true}`)
}

func (s *mittoScript) encoded(value any) string {
	s.Helper()
	text, err := json.Marshal(value)
	require.NoError(s, err)
	return string(text)
}

// mittoScripts are the examples by their names, as far as they concern jobs,
// webhooks, tags, metrics and about.
var mittoScripts = map[string]func(s *mittoScript){
	"create_job": func(s *mittoScript) {
		job, _ := s.createJob()
		require.Contains(s, string(job["schedule"]), `"value":"0 0 * * *"`)
	},
	"create_cmd_job": func(s *mittoScript) {
		s.call(201, "POST", "/v2/jobs", `{"name":"cmd_1","title":"[CMD] 1","type":"cmd","tags":["cmd"]}`)
	},
	"get_conf_info": func(s *mittoScript) {
		_, path := s.createJob()
		require.Contains(s, string(s.call(200, "GET", path, "")["conf"]), "sql: select 1")
	},
	"get_job_schedule": func(s *mittoScript) {
		_, path := s.createJob()
		require.JSONEq(s, `{"type":"daily","daily":{"minute":0,"hour":12,"ampm":"AM"},"hourly":null,
			"endof":null,"custom":null,"value":"0 0 * * *"}`,
			string(s.call(200, "GET", path, "")["schedule"]))
	},
	"update_job_schedule: the whole job with another schedule": func(s *mittoScript) {
		job, path := s.createJob()
		job["schedule"] = json.RawMessage(`{"value":"daily","type":"daily",
			"daily":{"minute":0,"hour":6,"ampm":"AM"},"hourly":null,"custom":null}`)
		require.Contains(s, string(s.call(200, "PATCH", path, s.encoded(job))["schedule"]), `"value":"0 6 * * *"`)
	},
	"update_job: keys of its own": func(s *mittoScript) {
		_, path := s.createJob()
		changed := s.call(200, "PATCH", path, `{"title":"sql","type":"sql","markdown":"string",
			"schedule":{"type":"daily","daily":{"minute":0,"hour":6,"ampm":"AM"}},"timeout":0,"notify":0,
			"delay":0,"continue_on_error":true,"concurrency":0,
			"conf":{"input":{},"steps":[{"use":"x"}],"store":{"key":"Id"}},"tags":["string"],"input":{},
			"output":{},"sdl":{},"steps":["string"]}`)
		require.Equal(s, "true", string(changed["continue_on_error"]))
		require.Equal(s, `["string"]`, string(changed["steps"]))
	},
	"dbo_update_sql_job: the conf as the body": func(s *mittoScript) {
		_, path := s.createJob()
		s.call(200, "PATCH", path, `{"dbo":"postgresql://localhost/other","credentials":null,"sql":"select 1",
			"parameters":{},"kwargs":{},"transaction":true,"split":false}`)
	},
	"update_job_credentials: each found job, whole": func(s *mittoScript) {
		s.call(201, "POST", "/v2/jobs", `{"name":"bare","type":"io"}`)
		s.call(201, "POST", "/v2/jobs", `{"name":"io","type":"io","conf":{"input":{"use":"sfdc"}}}`)
		var found []struct{ ID json.RawMessage }
		page := s.call(200, "POST", "/v2/jobs/search?type=io&limit=50&offset=0", "")
		require.NoError(s, json.Unmarshal(page["jobs"], &found))
		require.Len(s, found, 2)
		for _, each := range found {
			job := s.call(200, "GET", "/v2/jobs/"+string(each.ID), "")
			require.NotEqual(s, "null", string(job["conf"]), "the client reads it as HJSON")
			job["conf"] = json.RawMessage(`{"input":{"use":"sfdc","credentials":"mine"}}`)
			s.call(200, "PATCH", "/v2/jobs/"+string(each.ID), s.encoded(job))
		}
	},
	"start_job, get_single_job_status: by the id that START answers with": func(s *mittoScript) {
		job, path := s.createJob()
		run := s.call(200, "POST", path+"/:actions", `{"action":"START"}`)
		require.Equal(s, "null", string(run["returncode"]))
		s.registry.Ran[string(job["id"])] = registry.Run{RunID: "run-1", Status: latch.JobRunning}
		status := s.call(200, "GET", "/v2/jobs/"+string(run["id"])+"/status", "")
		require.Equal(s, string(job["id"]), string(status["id"]))
		require.Contains(s, string(status["status"]), `"id":`+string(run["id"]))
	},
	"delete_job": func(s *mittoScript) {
		_, path := s.createJob()
		s.call(204, "DELETE", path, "")
	},
	"create_bulk_job, get_job_by_name: by what the first answered with": func(s *mittoScript) {
		made := s.call(201, "POST", "/v2/bulk/jobs", `[{"name":"bulk_1","title":"[BULK] 1","type":"bulk",
			"markdown":"string",
			"schedule":{"type":"daily","daily":{"minute":0,"hour":12,"ampm":"AM"},"hourly":null,"custom":null},
			"timeout":0,"notify":0,"delay":0,"continue_on_error":true,"concurrency":0}]`)
		require.JSONEq(s, `{"success":1,"failure":0,"error":null}`, string(made["status"]))
		require.Contains(s, string(made["results"]), `"value":"0 0 * * *"`)
		found := s.call(200, "GET", "/v2/bulk/jobs?name="+url.QueryEscape(fmt.Sprint(made))+"&", "")
		require.Equal(s, "[]", string(found["results"]))
		require.Contains(s, string(s.call(200, "GET", "/v2/bulk/jobs?name=bulk_1&", "")["results"]), "bulk_1")
	},
	"get_jobs: page by page": func(s *mittoScript) {
		s.createJob()
		require.Contains(s, string(s.call(200, "POST", "/v2/jobs/search?limit=50&offset=0", "")["pagination"]), `"more_pages":false`)
	},
	"create_job_webhook, delete_webhook": func(s *mittoScript) {
		s.call(204, "DELETE", "/webhooks/"+string(s.createWebhook()["id"]), "")
	},
	"get_single_job_webhook_conf_info: by the id of a webhook": func(s *mittoScript) {
		s.call(200, "GET", "/v2/jobs/"+string(s.createWebhook()["id"])+"/webhooks", "")
	},
	"get_webhooks, update_a_webhook: each as it was listed": func(s *mittoScript) {
		s.createWebhook()
		var hooks []map[string]json.RawMessage
		require.NoError(s, json.Unmarshal([]byte(s.do(200, "GET", s.prefix+"/webhooks?API_KEY=k", "")), &hooks))
		require.Len(s, hooks, 1)
		hooks[0]["url"] = json.RawMessage(`"https://example.com/new"`)
		require.Equal(s, `"https://example.com/new"`, string(s.call(200, "PUT", "/webhooks/"+string(hooks[0]["id"]), s.encoded(hooks[0]))["url"]))
	},
	"create_tag, get_tags": func(s *mittoScript) {
		s.call(201, "POST", "/tags", `{"name":"tag_1"}`)
		s.call(200, "GET", "/tags", "")
	},
	"get_metrics": func(s *mittoScript) { s.call(200, "GET", "/v2/metrics", "") },
	"get_about": func(s *mittoScript) {
		require.Contains(s, string(s.call(200, "GET", "/v2/about", "")["timezone"]), `"+0000"`)
	},
	"get_about_messages": func(s *mittoScript) {
		require.Equal(s, "false", string(s.call(200, "GET", "/v2/about/messages", "")["enabled"]))
	},
	"what is not Latch's": func(s *mittoScript) {
		for path, method := range map[string]string{"/v2/databases": "GET", "/v2/pkg": "GET", "/v2/pkg/refresh": "POST", "/credentials": "GET"} {
			require.Regexp(s, "Latch (has|keeps) no", string(s.call(404, method, path, "")["detail"]))
		}
		s.call(404, "POST", "/credentials", `{"name":"creds_1","type":"sql","data":{}}`)
	},
}

// The calls of Mitto's public client work unchanged, from this machine without
// a prefix and from elsewhere under /api.
func TestTheCallsOfMittosClient(t *testing.T) {
	t.Parallel()
	for name, play := range mittoScripts {
		for _, prefix := range []string{"", "/api"} {
			t.Run(name+prefix, func(t *testing.T) {
				t.Parallel()
				play(&mittoScript{newMitto(t), prefix})
			})
		}
	}
}
