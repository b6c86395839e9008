package cli

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/locklink"
)

// A trial renders each variable like a worker with the same environment.
func TestATrialSeesWhatAWorkerSees(t *testing.T) {
	t.Parallel()
	host, err := os.Hostname()
	require.NoError(t, err)
	const key = "a-key-of-16-bytes"
	apply := func(rest string) string {
		return `{"id":"a","task":{"http":{"url":"https://example.com/"}},
			` + rest + `"webhooks":[{"id":"w","url":"https://example.com/",
				"events":[{"event":"EVENT","body":{"v":"${TEMPLATE}"}}]}]}`
	}
	for name, test := range map[string]struct {
		environ               []string
		event, file, template string
		want                  any
	}{
		"fqdn given": {[]string{"LATCH_FQDN=given.example", "LATCH_API_URL=https://api.example:7127"},
			"JOB_START", apply(""), "system.fqdn", "given.example"},
		"fqdn of the API":       {[]string{"LATCH_API_URL=https://api.example:7127/x"}, "JOB_START", apply(""), "system.fqdn", "api.example"},
		"fqdn of the host":      {nil, "JOB_START", apply(""), "system.fqdn", host},
		"environment":           {[]string{"LATCH_ENVIRONMENT=prod"}, "JOB_START", apply(""), "system.environment", "prod"},
		"namespace":             {[]string{"TEMPORAL_NAMESPACE=shop"}, "JOB_START", apply(""), "system.namespace", "shop"},
		"the default namespace": {nil, "JOB_START", apply(""), "system.namespace", "default"},
		"task queue":            {[]string{"LATCH_TASK_QUEUE=night"}, "JOB_START", apply(""), "system.task_queue", "night"},
		"version":               {nil, "JOB_START", apply(""), "system.version == system['database.version']", true},
		"records":               {nil, "JOB_START", apply(""), "records", []any{}},
		"event and webhook":     {nil, "JOB_START", apply(""), "event + webhook.id", "JOB_STARTw"},
		"a schedule":            {nil, "JOB_START", apply(`"schedule":"0 3 * * *",`), "job.schedule", "0 3 * * *"},
		"a schedule with a zone": {nil, "JOB_START", apply(`"schedule":{"cron":"0 3 * * *","timezone":"Europe/Berlin"},`),
			"job.schedule.timezone", "Europe/Berlin"},
		"a registered job's field": {nil, "JOB_START", apply(`"schedule":"0 3 * * *",`), "job.conf.http.url", "https://example.com/"},
		"what is not set":          {nil, "JOB_START", apply(""), "has(job.title) || has(job.schedule)", false},
		"a run that did not come":  {nil, "JOB_SKIPPED", apply(""), "data.count", 1.0},
		"a delivery that failed":   {nil, "DELIVERY_EXHAUSTED", apply(""), "data.record.result + run.workflow_id", "failoperator-dlv_test"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newCommand(strings.NewReplacer("EVENT", test.event, "TEMPLATE", test.template).Replace(test.file), nil)
			c.environ = test.environ
			require.Equal(t, failure.ExitOK, c.start("webhook", "test", "-", "--event", test.event, "-o", "json"), c.stderr.String())
			_, body, _ := strings.Cut(object(t, c.stdout.String())["wire"].(string), "\r\n\r\n")
			var shown struct{ V any }
			require.NoError(t, json.Unmarshal([]byte(body), &shown), body)
			require.Equal(t, test.want, shown.V)
		})
	}
	c := newCommand(`{"id":"r","steps":[{"name":"a","do":{"command":{"argv":["x"]}}}],
		"webhooks":[{"id":"w","url":"https://example.com/",
			"events":[{"event":"BEFORE_RELEASE","blocking":true}]}]}`, nil)
	c.environ = []string{"LATCH_API_URL=https://api.example", "LATCH_LOCK_LINKS=true", "LATCH_LINK_KEY=" + key}
	require.Equal(t, failure.ExitOK, c.start("webhook", "test", "-", "--event", latch.EventBeforeRelease, "-o", "json"), c.stderr.String())
	_, body, _ := strings.Cut(object(t, c.stdout.String())["wire"].(string), "\r\n\r\n")
	sent := object(t, body)
	require.Equal(t, locklink.URL("https://api.example", sent["lock"].(string), []byte(key)), sent["lock_url"])
}
