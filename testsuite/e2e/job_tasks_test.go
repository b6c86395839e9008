package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// startOwnWorker runs a user's own activities and workflows, without Latch, on their own queue,
// which it returns.
func (b *bench) startOwnWorker() string {
	b.Helper()
	queue := b.queue + "-own"
	own := worker.New(shared.client, queue, worker.Options{})
	for name, function := range map[string]any{
		"object":  func(context.Context) (map[string]any, error) { return map[string]any{"build": 7, "ok": true}, nil },
		"number":  func(context.Context) (int, error) { return 42, nil },
		"nothing": func(context.Context) error { return nil },
		"bytes":   func(context.Context) ([]byte, error) { return []byte{0xff, 0x00}, nil },
		"echo":    func(_ context.Context, input map[string]any) (map[string]any, error) { return input, nil },
		"sum":     func(_ context.Context, a, b int) (int, error) { return a + b, nil },
		"refuses": func(context.Context) error { return temporal.NewNonRetryableApplicationError("never", "Refused", nil) },
		"second": func(ctx context.Context) (int32, error) {
			if attempt := activity.GetInfo(ctx).Attempt; attempt > 1 {
				return attempt, nil
			}
			return 0, errors.New("not at once")
		},
	} {
		own.RegisterActivityWithOptions(function, activity.RegisterOptions{Name: name})
	}
	own.RegisterWorkflowWithOptions(func(ctx workflow.Context, input map[string]any) (map[string]any, error) {
		input["id"] = workflow.GetInfo(ctx).WorkflowExecution.ID
		return input, nil
	}, workflow.RegisterOptions{Name: "child"})
	own.RegisterWorkflowWithOptions(func(ctx workflow.Context) error { return workflow.Sleep(ctx, 1<<50) },
		workflow.RegisterOptions{Name: "sleeper"})
	require.NoError(b, own.Start())
	b.Cleanup(own.Stop)
	return queue
}

// contract, "Task": kvp is the object that the task returned, and any other value becomes
// {"result":…}. The strings of a task are templates.
func TestTaskKVP(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_ALLOW_COMMANDS", "true")
	own := b.startOwnWorker()
	object := receiver.JSON(200, `{"n":12345678901234567890,"s":"x"}`)
	object.Header.Set("Content-Type", "text/html")
	b.receiver.Script("/object", object)
	b.receiver.Script("/array", receiver.JSON(201, `[1,2]`))
	b.receiver.Script("/text", receiver.Answer{Status: 200, Body: "ready"})
	b.receiver.Script("/broken", receiver.JSON(200, `{"a":`))
	cases := []struct{ name, task, kvp string }{
		{"http-object", `{"http":{"url":"{R}/object"}}`, `{"n":12345678901234567890,"s":"x"}`},
		{"http-array", `{"http":{"url":"{R}/array","method":"GET"}}`, `{"result":[1,2]}`},
		{"http-text", `{"http":{"url":"{R}/text","method":"GET"}}`, `{"result":"ready"}`},
		{"http-broken", `{"http":{"url":"{R}/broken","method":"GET"}}`, `{"result":"{\"a\":"}`},
		{"command-object", `{"command":{"argv":["/bin/sh","-c","echo \"{\\\"tag\\\":\\\"$TAG\\\"}\""],
			"env":{"TAG":"v${job.id}"}}}`, `{"tag":"vcommand-object"}`},
		{"command-text", `{"command":{"argv":["echo","${vars.greeting}","a b"]}}`, `{"result":"hello a b"}`},
		{"command-number", `{"command":{"argv":["echo","7"]}}`, `{"result":7}`},
		{"command-environment", `{"command":{"argv":["env"],"env":{"ONLY":"this","PATH":"/usr/bin:/bin","HOME":"/nowhere"}}}`, ``},
		{"activity-object", `{"activity":{"type":"object","task_queue":"{Q}"}}`, `{"build":7,"ok":true}`},
		{"activity-number", `{"activity":{"type":"number","task_queue":"{Q}"}}`, `{"result":42}`},
		{"activity-nothing", `{"activity":{"type":"nothing","task_queue":"{Q}"}}`, ``},
		{"activity-bytes", `{"activity":{"type":"bytes","task_queue":"{Q}"}}`, `{"result":"/wA="}`},
		{"activity-input", `{"activity":{"type":"echo","task_queue":"{Q}",
			"input":{"id":"${job.id}","vars":"${vars}","mixed":"n=${vars.n}","plain":1.50}}}`,
			`{"id":"activity-input","vars":{"greeting":"hello","n":3},"mixed":"n=3","plain":1.5}`},
		{"activity-args", `{"activity":{"type":"sum","task_queue":"{Q}","args":["${vars.n}",4]}}`, `{"result":7}`},
		{"activity-retry", `{"activity":{"type":"second","task_queue":"{Q}","retry":{"initial_interval":"10ms"}}}`, `{"result":2}`},
		{"workflow", `{"workflow":{"type":"child","task_queue":"{Q}","id":"child-${job.id}-{Q}",
			"input":{"a":"${vars.n}"}}}`, `{"a":3,"id":"child-workflow-{Q}"}`},
	}
	runs := make([]client.WorkflowRun, len(cases))
	withQueue := func(text string) string { return strings.ReplaceAll(text, "{Q}", own) }
	for i, c := range cases {
		runs[i] = b.startJob(c.name, withQueue(`{"id":"`+c.name+`","vars":{"greeting":"hello","n":3},"task":`+c.task+`}`))
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			result := b.succeeds(runs[i])
			switch c.name {
			case "activity-nothing":
				require.Empty(t, strings.Trim(string(result.KVP["result"]), "nul"), "nothing is no value")
			case "command-environment":
				var text string
				require.NoError(t, json.Unmarshal(result.KVP["result"], &text))
				for _, line := range strings.Split(text, "\n") {
					require.Regexp(t, `^(ONLY=this|PATH=/usr/bin:/bin|HOME=/nowhere|PWD=.*|SHLVL=.*|_=.*)$`, line)
				}
				require.Contains(t, text, "ONLY=this")
			default:
				require.JSONEq(t, withQueue(c.kvp), kvpJSON(t, result.KVP))
			}
		})
	}
}

// contract, "Task": an http task's status is classified as under Responses, `success` sees the
// response, and without retry a task runs once.
func TestHTTPTaskClassification(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const retry = `,"retry":{"initial_interval":"10ms","maximum_attempts":4}`
	flaky := []receiver.Answer{receiver.Status(503), receiver.Status(429), receiver.JSON(200, `{"done":true}`)}
	cases := []struct {
		name     string
		answers  []receiver.Answer
		settings string
		requests int
		err      string
	}{
		{"503-retried", flaky, retry, 3, ""},
		{"503-once-without-retry", flaky, ``, 1, "503"},
		{"503-gives-up", []receiver.Answer{receiver.Status(503)}, retry, 4, "4"},
		{"404-not-retried", []receiver.Answer{receiver.Status(404), {}}, retry, 1, "404"},
		{"404-polled", []receiver.Answer{receiver.Status(404), receiver.Status(404), {}},
			`,"retry":{"initial_interval":"10ms","on":[404]}`, 3, ""},
		{"501-given-up", []receiver.Answer{receiver.Status(501), {}}, `,"retry":{"initial_interval":"10ms","not_on":[501]}`, 1, "501"},
		{"302-not-followed", []receiver.Answer{{Status: 302}, {}}, retry, 1, "302"},
		{"success-false", []receiver.Answer{receiver.JSON(200, `{"state":"queued"}`), receiver.JSON(200, `{"state":"done"}`)},
			`,"success":"response.data.state == 'done'"` + retry, 1, "success"},
		{"success-of-404", []receiver.Answer{receiver.JSON(404, `{}`)}, `,"success":"response.status == 404"`, 1, ""},
		{"success-sees-all", []receiver.Answer{{Status: 200, Body: "fine"}},
			`,"success":"response.status == 200 && response.body == 'fine' && response.data == null && size(response.headers) > 0"`, 1, ""},
		{"missing-key", nil, `,"headers":{"X-Key":"${vars.absent}"}` + retry, 0, "vars.absent"},
		{"methods", nil, `,"method":"PATCH","body":{"a":"${job.id}"},"content_type":"application/merge-patch+json"`, 1, ""},
	}
	keys := map[string]string{} // the case of each Idempotency-Key
	runs := make([]client.WorkflowRun, len(cases))
	for i, c := range cases {
		b.receiver.Script("/"+c.name, c.answers...)
		runs[i] = b.startJob(c.name, `{"id":"job","task":{"http":{"url":"{R}/`+c.name+`"`+c.settings+`}}}`)
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			result, err := b.endOfJob(runs[i])
			if c.err == "" {
				require.NoError(t, err)
			} else {
				require.Equal(t, latch.ErrorJobFailed, kindOf(err))
				require.Contains(t, result.Error, c.err)
			}
			requests := b.receiver.Requests("/" + c.name)
			require.Len(t, requests, c.requests)
			for _, request := range requests {
				key := request.Header.Get("Idempotency-Key")
				require.Regexp(t, "^tsk_", key)
				require.Contains(t, []string{"", c.name}, keys[key], "the same for every attempt, and for no other task")
				keys[key] = c.name
			}
			require.LessOrEqual(t, len(keys), i+1)
			if c.name == "methods" {
				require.Equal(t, "PATCH", requests[0].Method)
				require.Equal(t, "application/merge-patch+json", requests[0].Header.Get("Content-Type"))
				require.JSONEq(t, `{"a":"job"}`, string(requests[0].Body))
			}
		})
	}
}

// contract, "Task" and "Job": a job's retry repeats only the work.
func TestJobRetryRepeatsTheWorkOnly(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.receiver.Script("/retry/work", receiver.Status(404), receiver.Status(500), receiver.JSON(200, `{"at":3}`))
	run := b.startJob("retry", `{"id":"retry","retry":{"initial_interval":"10ms","maximum_attempts":3},
		"task":{"http":{"url":"{R}/retry/work"}},"webhooks":`+everyJobEvent("/retry")+`}`)
	require.JSONEq(t, `{"at":3}`, kvpJSON(t, b.succeeds(run).KVP))
	require.Equal(t, map[string]int{"/start": 1, "/work": 3, "/complete": 1, "/success": 1}, b.came("/retry"))
}

// contract, "Task": the error of a task that a worker cannot or may not run says what to do.
func TestTaskErrorsTellWhatToDo(t *testing.T) {
	t.Parallel()
	b := setup(t)
	own := b.startOwnWorker()
	cases := []struct {
		name, task string
		tells      []string
	}{
		{"no-worker", `{"activity":{"type":"deploy","task_queue":"nobody-here","start_timeout":"1s"}}`,
			[]string{"no worker", "deploy", "nobody-here"}},
		{"command", `{"command":{"argv":["true"],"retry":{"initial_interval":"10ms"}}}`, []string{"LATCH_ALLOW_COMMANDS"}},
		{"refused", `{"activity":{"type":"refuses","task_queue":"` + own + `","retry":{"initial_interval":"10ms"}}}`, []string{"never"}},
		{"template", `{"activity":{"type":"echo","task_queue":"` + own + `","input":"${vars.nothing.there}"}}`, []string{"vars.nothing"}},
		{"workflow-timeout", `{"workflow":{"type":"sleeper","task_queue":"` + own + `","timeout":"1s"}}`, []string{"sleeper", "1s"}},
	}
	runs := make([]client.WorkflowRun, len(cases))
	for i, c := range cases {
		runs[i] = b.startJob(c.name, `{"id":"job","task":`+c.task+`}`)
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			result := b.failsAs(runs[i], latch.JobFailed)
			for _, told := range c.tells {
				require.Contains(t, result.Error, told)
			}
		})
	}
}

// contract, "Task": a command's process group is killed at a cancellation, its error contains
// the end of stderr, and of the worker's environment it only gets PATH and HOME.
func TestCommandDiesWithItsGroup(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_ALLOW_COMMANDS", "true", "LATCH_SECRET_TOKEN", "hidden-from-commands")
	pids := filepath.Join(t.TempDir(), "pids")
	run := b.startJob("group", `{"id":"group",
		"task":{"command":{"argv":["/bin/sh","-c",
			"sleep 3600 & echo $$ $! > `+pids+`.new && mv `+pids+`.new `+pids+`; wait"]}}}`)
	fails := b.startJob("fails", `{"id":"fails","task":{"command":{"argv":["/bin/sh","-c","echo progress; echo broken pipe >&2; exit 3"]}}}`)
	slow := b.startJob("slow", `{"id":"slow","task":{"command":{"argv":["sleep","3600"],"timeout":"300ms"}}}`)
	missing := b.startJob("missing", `{"id":"missing","task":{"command":{"argv":["no-such-program"]}}}`)
	environment := b.startJob("environment", `{"id":"environment","task":{"command":{"argv":["env"]}}}`)

	var text []byte
	require.Eventually(t, func() (there bool) {
		var err error
		text, err = os.ReadFile(pids)
		return err == nil
	}, patience, tick)
	require.NoError(t, shared.client.CancelWorkflow(b.ctx, run.GetID(), ""))
	result, err := b.endOfJob(run)
	require.True(t, temporal.IsCanceledError(err), "%v", err)
	require.Equal(t, latch.JobCancelled, result.Status)
	for _, field := range strings.Fields(string(text)) {
		pid, err := strconv.Atoi(field)
		require.NoError(t, err)
		require.Eventually(t, func() bool { return gone(pid) }, patience, tick, "process %d outlives its command", pid)
	}

	failed := b.failsAs(fails, latch.JobFailed)
	require.Contains(t, failed.Error, "exit status 3")
	require.Contains(t, failed.Error, "broken pipe")
	require.Contains(t, b.failsAs(slow, latch.JobFailed).Error, "300ms")
	require.Contains(t, b.failsAs(missing, latch.JobFailed).Error, "no-such-program")
	seen := kvpJSON(t, b.succeeds(environment).KVP)
	require.NotContains(t, seen, "hidden-from-commands")
	require.NotContains(t, seen, "LATCH_")
	require.NotContains(t, seen, "TEMPORAL_")
}

// gone reports whether a process has ended, including one that has not been reaped.
func gone(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	return err == nil && strings.Contains(string(status), ") Z ")
}
