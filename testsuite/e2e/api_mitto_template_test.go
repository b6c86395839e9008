package e2e

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// "What ${job[…]} sees in a template are the same fields, the running run in status", however
// the job was started.
func TestTemplatesSeeMittosFields(t *testing.T) {
	t.Parallel()
	c, _ := mitto(t, "")
	var made mittoJob
	c.send("POST", "/v2/jobs", nil,
		object{"name": c.jobID("fields"), "title": "Webhooks!", "type": "cmd", "tags": []string{"etl"}, "markdown": "# Docs",
			"custom key": 9007199254740993, "conf": object{"cmd": "echo '{\"current memory usage\": 42}'", "shell": true}}, &made)
	const text = `{"text": "${job['type']}, ${job['title']}, ${job['markdown']}, ${job['custom key']}, ${job['tags'][0]}, ` +
		`${job['notify']}, ${job['schedule']}, ${job['status']['returncode']}, ${job['status']['pid']}, ` +
		`${job['status']['kvp']['current memory usage']}, ${job['id']}",
		"conf": "${job['conf']}","cmd": "${job['conf']['cmd']}",
		"hook": "${job['webhooks'][0]['event_type']} ${job['webhooks'][0]['url']}",
		"database": "${system['database.version']}", "status_id": "${job['status']['id']}"}`
	c.send("POST", fmt.Sprintf("/v2/jobs/%d/webhooks", made.ID), nil, object{"url": c.receiver.URL + "/own?key=hidden", "method": "POST",
		"event_type": "JOB_SUCCESS", "content_type": "application/json", "body": text, "enabled": true}, nil)
	c.send("POST", fmt.Sprintf("/v2/jobs/%d/webhooks", made.ID), nil, object{"url": c.receiver.URL + "/default", "method": "POST",
		"event_type": "JOB_COMPLETE", "enabled": true}, nil)

	expected := fmt.Sprintf("cmd, Webhooks!, # Docs, 9007199254740993, etl, 0, , 0, , 42, %d", made.ID)
	var run mittoRun
	c.send("POST", fmt.Sprintf("/v2/jobs/%d/:actions", made.ID), nil, object{"action": "START"}, &run)
	told := body(t, c.arrives("/own", 1)[0])
	require.Equal(t, expected, told["text"])
	require.Contains(t, told["conf"], "echo")
	require.Equal(t, fmt.Sprint(run.ID), told["status_id"])
	require.Equal(t, `echo '{"current memory usage": 42}'`, told["cmd"])
	require.Equal(t, "JOB_SUCCESS "+c.receiver.URL+"/own?***", told["hook"])
	var system object
	c.send("GET", "/system", nil, nil, &system)
	require.Equal(t, system["database.version"], told["database"])
	untold := body(t, c.arrives("/default", 1)[0])
	for _, key := range []string{"conf", "webhooks"} {
		require.NotContains(t, untold["job"], key, "the default body tells nobody what a job is configured to do")
	}
	require.Equal(t, "cmd", at(untold["job"], "type"))

	last := c.closed(fmt.Sprint(made.ID), nil)
	c.trigger(fmt.Sprint(made.ID))
	c.closed(fmt.Sprint(made.ID), last)
	require.Equal(t, expected, body(t, c.arrives("/own", 2)[1])["text"])
}
