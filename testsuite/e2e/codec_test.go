package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enums "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/codec"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/testsuite/process"
	"github.com/latch-run/latch/testsuite/receiver"
	"github.com/latch-run/latch/testsuite/server"
)

// newKey returns a key that encrypts payloads.
func newKey(t testing.TB, id string) codec.Key {
	t.Helper()
	key, err := codec.NewKey(id)
	require.NoError(t, err)
	return key
}

// clientWith connects like a service that has the keys.
func clientWith(t testing.TB, keys ...codec.Key) (client.Client, client.Options) {
	t.Helper()
	payloads, err := codec.New(keys...)
	require.NoError(t, err)
	options := client.Options{HostPort: shared.server.FrontendHostPort, Logger: quiet()}
	payloads.Configure(&options)
	connected, err := client.Dial(server.Persistent(options))
	require.NoError(t, err)
	t.Cleanup(connected.Close)
	return connected, options
}

// stored returns everything that Temporal stores about the task queue's runs: histories, memos,
// summaries, and the entries of the visibility store.
func (b *bench) stored(ctx context.Context) string {
	b.Helper()
	var all bytes.Buffer
	write := func(message proto.Message) {
		encoded, err := proto.Marshal(message)
		require.NoError(b, err)
		all.Write(encoded)
	}
	listed, err := shared.client.ListWorkflow(ctx,
		&workflowservice.ListWorkflowExecutionsRequest{Query: "TaskQueue = '" + b.queue + "'", PageSize: 1000})
	require.NoError(b, err)
	require.NotEmpty(b, listed.GetExecutions())
	for _, info := range listed.GetExecutions() {
		write(info)
		id, run := info.GetExecution().GetWorkflowId(), info.GetExecution().GetRunId()
		described, err := shared.client.DescribeWorkflowExecution(ctx, id, run)
		require.NoError(b, err)
		write(described)
		iterator := shared.client.GetWorkflowHistory(ctx, id, run, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for iterator.HasNext() {
			event, err := iterator.Next()
			require.NoError(b, err)
			write(event)
		}
	}
	return all.String()
}

// contract, "Settings", LATCH_PAYLOAD_KEYS: everything that the worker, the starter and the API
// send to Temporal is encrypted, and all of them work as without keys.
func TestNothingIsStoredInTheClear(t *testing.T) {
	t.Parallel()
	key := newKey(t, "2026-11")
	file := filepath.Join(t.TempDir(), "keys")
	require.NoError(t, os.WriteFile(file, []byte(key.Setting()+"\n"), 0o600))
	b := setup(t, "LATCH_PAYLOAD_KEYS", key.Setting())
	s := b.serve("LATCH_API_KEYS", apiKeys, "LATCH_PAYLOAD_KEYS_FILE", file)
	b.receiver.Script("/asks", receiver.JSON(200, `{"result":"pass","said":"hush-answer"}`))
	b.receiver.Script("/breaks", receiver.JSON(400, `{"said":"hush-refusal"}`))

	// A release by the API: its lock is listed, shown on its page, and removed.
	var started struct {
		WorkflowID string `json:"workflow_id"`
		RunID      string `json:"run_id"`
	}
	release := b.spec(`{"id":"` + b.jobID("shop") + `","title":"hush-title","vars":{"a":"hush-variable"},
		"webhooks":[{"id":"board","url":"{R}/asks","headers":{"X-Note":"hush-header"},
			"body":{"note":"hush-body ${vars.a}"},"events":[{"event":"BEFORE_RELEASE","blocking":true}]}],
		"steps":[{"name":"hush-step","do":{"http":{"url":"{R}/work?hush-query"}}}]}`)
	s.call("POST", "/latch/v1/releases", release, "Authorization", "Bearer run-key-0123456789", "Idempotency-Key",
		b.queue).read(t, 201, &started)
	var token string
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		var listed struct{ Locks []latch.OpenLock }
		s.as("lock-key-0123456789", "GET", "/latch/v1/locks?limit=1000", "").read(c, 200, &listed)
		for _, lock := range listed.Locks {
			if strings.HasPrefix(lock.Token, started.WorkflowID+":") {
				token = lock.Token
			}
		}
		require.NotEmpty(c, token)
	}, patience, tick)
	var again struct {
		RunID string `json:"run_id"`
	}
	s.call("POST", "/latch/v1/releases", release, "Authorization", "Bearer run-key-0123456789", "Idempotency-Key",
		b.queue).read(t, 201, &again)
	require.Equal(t, started.RunID, again.RunID, "the memo by which a repeated call is known is read")
	page := s.call("GET", "/locks/"+url.PathEscape(token), "", "Authorization", "Bearer lock-key-0123456789", "Accept", "text/html")
	require.Equal(t, 200, page.status, page.body)
	require.Contains(t, page.body, "hush-title", "the page reads the run's input")
	var record latch.Record
	s.as("lock-key-0123456789", "POST", lockPath(token)+"/release",
		`{"reason":"hush-reason","data":{"more":"hush-data"}}`).read(t, 200, &record)
	require.Equal(t, `"hush-answer"`, string(record.Data["said"]))
	connected, options := clientWith(t, key)
	var released latch.ReleaseResult
	require.NoError(t, connected.GetWorkflow(b.ctx, started.WorkflowID, "").Get(b.ctx, &released))
	require.Equal(t, latch.ReleaseReleased, released.Status)
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		var listed releasePart
		s.as("read-key-0123456789", "GET", "/latch/v1/releases?status=released&limit=200", "").read(c, 200, &listed)
		at := slices.IndexFunc(listed.Releases, func(row releaseRow) bool { return row.RunID == started.RunID })
		require.GreaterOrEqual(c, at, 0)
		require.Equal(c, "hush-title", listed.Releases[at].Title, "the list reads what is encrypted")
	}, patience, tick)

	// A failing job by the starter: its error is readable, and stored encrypted.
	id := b.jobID("nightly")
	job := b.spec(`{"id":"` + id + `","title":"hush-title",
		"task":{"http":{"url":"{R}/breaks","success":"response.data.said == 'hush-expression'"}},
		"webhooks":[{"id":"told","url":"{R}/failing","retry":{"initial_interval":"10ms","maximum_attempts":2},
			"event":"JOB_FAILURE"}]}`)
	b.receiver.Script("/failing", receiver.Status(503))
	ran := b.starterWith("LATCH_PAYLOAD_KEYS="+key.Setting(), job, "job", "run", "-", "--watch")
	require.Equal(t, 1, ran.ExitCode, ran.Stderr)
	require.Contains(t, ran.Stdout+ran.Stderr, "hush-expression")
	history := b.starterWith("LATCH_PAYLOAD_KEYS="+key.Setting(), "", "history", "job-"+id, "-o", "json")
	require.Contains(t, history.Stdout, "answered 503", history.Stderr)
	blind := b.starterWith("LATCH_PAYLOAD_KEYS=", "", "history", "job-"+id)
	require.NotEqual(t, 0, blind.ExitCode)
	require.Contains(t, blind.Stderr, "LATCH_PAYLOAD_KEYS", "who has no key is told which one is missing")

	// A delivery that the API sends again, from its data in the history.
	var resent struct {
		WorkflowID string `json:"workflow_id"`
	}
	s.as("run-key-0123456789", "POST", "/latch/v1/deliveries/"+record.DeliveryID+"/redeliver", "").read(t, 202, &resent)
	require.NoError(t, connected.GetWorkflow(b.ctx, resent.WorkflowID, "").Get(b.ctx, nil))
	require.Len(t, b.receiver.Requests("/asks"), 2)

	// A registered job, triggered by its schedule.
	nightly := b.jobID("registered")
	applied := b.starterWith("LATCH_PAYLOAD_KEYS="+key.Setting(),
		b.spec(`{"id":"`+nightly+`","task":{"http":{"url":"{R}/breaks","headers":{"X-Note":"hush-header"}}}}`), "job", "apply", "-")
	require.Zero(t, applied.ExitCode, applied.Stderr)
	store := registry.New(registry.Options{Service: func() workflowservice.WorkflowServiceClient { return connected.WorkflowService() },
		Namespace: client.DefaultNamespace, TaskQueue: b.queue, DataConverter: options.DataConverter})
	schedule := shared.client.ScheduleClient().GetHandle(b.ctx, "latch-job-"+nightly)
	t.Cleanup(func() { _ = schedule.Delete(context.Background()) })
	require.NoError(t, schedule.Trigger(b.ctx, client.ScheduleTriggerOptions{}))
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		last, err := store.LastRun(b.ctx, nightly)
		require.NoError(c, err)
		require.NotNil(c, last)
		require.Equal(c, latch.JobFailed, last.Status)
		require.Contains(c, last.Error, "answered 400")
	}, patience, tick)
	kept, err := shared.client.WorkflowService().DescribeSchedule(b.ctx, &workflowservice.DescribeScheduleRequest{
		Namespace: client.DefaultNamespace, ScheduleId: "latch-job-" + nightly})
	require.NoError(t, err)
	keptBytes, err := proto.Marshal(kept)
	require.NoError(t, err)

	all := b.stored(b.ctx) + string(keptBytes)
	for _, plain := range []string{"hush", base64.StdEncoding.EncodeToString([]byte("hush-"))[:6], "maximum_attempts", "started_at"} {
		require.False(t, strings.Contains(all, plain), "%q is stored in the clear", plain)
	}
	require.True(t, strings.Contains(all, "encryption-key-id"))
	require.NotContains(t, b.worker.Stderr.String()+s.process.Stderr.String(), key.Setting()[len("2026-11="):])
}

// starterWith runs the command line with one additional variable.
func (b *bench) starterWith(variable, stdin string, args ...string) process.Result {
	b.Helper()
	result, err := process.Run(b.ctx, process.Command{Path: shared.starterPath, Args: args, Stdin: strings.NewReader(stdin),
		Env: []string{"TEMPORAL_ADDRESS=" + shared.server.FrontendHostPort, "LATCH_TASK_QUEUE=" + b.queue, variable}})
	require.NoError(b, err)
	return result
}

// Package codec, "Rotation": a run waits for a worker that has its key, and nothing is lost.
// Runs from the time before keys continue.
func TestARunWaitsForItsKey(t *testing.T) {
	t.Parallel()
	first, second := newKey(t, "first"), newKey(t, "second")
	b := setup(t)
	plain := b.start(latch.WorkflowRelease, "before", heldRelease("before"))
	lock := b.awaitLock(plain)
	connected, _ := clientWith(t, second, first)

	// The worker has no key: it neither refuses the run nor loses the signal.
	run, err := connected.ExecuteWorkflow(b.ctx, client.StartWorkflowOptions{ID: "after-" + b.queue, TaskQueue: b.queue},
		latch.WorkflowEmit, json.RawMessage(`{"event":"DEPLOYED"}`))
	require.NoError(t, err)
	require.NoError(t, connected.SignalWorkflow(b.ctx, plain.GetID(), "", latch.MessageReleaseLock,
		latch.LockRelease{Lock: lock.Token, By: "ann"}))
	failedTask := func(id string) func() bool {
		return func() bool {
			for _, event := range b.events(shared.client.GetWorkflow(b.ctx, id, "")) {
				if failed := event.GetWorkflowTaskFailedEventAttributes(); failed != nil {
					return strings.Contains(failed.GetFailure().GetMessage(), "LATCH_PAYLOAD_KEYS")
				}
			}
			return false
		}
	}
	require.Eventually(t, failedTask(run.GetID()), patience, tick, "the workflow task says which key is missing")
	require.Eventually(t, failedTask(plain.GetID()), patience, tick)

	// A query that the worker cannot read does not end the worker.
	asking, cancel := context.WithTimeout(b.ctx, 2*time.Second)
	defer cancel()
	other := b.start(latch.WorkflowRelease, "other", heldRelease("other"))
	b.awaitLock(other)
	_, err = connected.QueryWorkflow(asking, other.GetID(), "", latch.QueryHistory, map[string]any{"limit": 1})
	require.Error(t, err)
	require.Len(t, b.history(other.GetID()), 1, "the worker lives, and answers who asks plainly")

	require.NoError(t, b.worker.Kill())
	b.settings["LATCH_PAYLOAD_KEYS"] = first.Setting() + "," + second.Setting()
	b.startWorker()
	require.NoError(t, run.Get(b.ctx, nil))
	reading, _ := clientWith(t, first)
	var records []latch.Record
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		value, err := reading.QueryWorkflow(b.ctx, plain.GetID(), "", latch.QueryHistory)
		require.NoError(c, err)
		require.NoError(c, value.Get(&records))
		require.NotEmpty(c, records)
		require.Equal(c, "ann", records[0].Lock.RemovedBy)
	}, patience, tick)
}

// The codec server decodes payloads for the temporal command and Temporal UI, and requires a
// token.
func TestTheCodecServerDecodes(t *testing.T) {
	t.Parallel()
	const origin, token = "http://127.0.0.1:8233", "a-token-of-enough-bytes"
	key := newKey(t, "k")
	b := setup(t, "LATCH_PAYLOAD_KEYS", key.Setting())
	connected, _ := clientWith(t, key)
	run, err := connected.ExecuteWorkflow(b.ctx, client.StartWorkflowOptions{ID: "read-" + b.queue, TaskQueue: b.queue},
		latch.WorkflowEmit, json.RawMessage(`{"event":"DEPLOYED","data":{"who":"hush"}}`))
	require.NoError(t, err)
	require.NoError(t, run.Get(b.ctx, nil))

	address := freeAddress(t)
	served := process.Start(t, process.Command{Path: shared.starterPath, Args: []string{"codec", "serve"}, Env: []string{
		"LATCH_CODEC_ADDR=" + address, "LATCH_CODEC_ORIGINS=" + origin, "LATCH_CODEC_TOKENS=" + token, "LATCH_PAYLOAD_KEYS=" + key.Setting()}})
	require.NoError(t, served.AwaitReady(b.ctx, "http://"+address+"/healthz"), served.Stderr.String())

	input := b.events(run)[0].GetWorkflowExecutionStartedEventAttributes().GetInput()
	require.Equal(t, codec.Encoding, string(input.GetPayloads()[0].GetMetadata()[converter.MetadataEncoding]))
	asked, err := protojson.Marshal(input)
	require.NoError(t, err)
	ask := func(authorization string) (int, string, http.Header) {
		request, err := http.NewRequestWithContext(b.ctx, "POST", "http://"+address+"/decode", bytes.NewReader(asked))
		require.NoError(t, err)
		for header, value := range map[string]string{"Content-Type": "application/json", "X-Namespace": "default",
			"Origin": origin, "Authorization": authorization} {
			request.Header.Set(header, value)
		}
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, string(body), response.Header
	}
	status, body, header := ask("Bearer " + token)
	require.Equal(t, 200, status, body)
	require.Equal(t, origin, header.Get("Access-Control-Allow-Origin"))
	var decoded commonpb.Payloads
	require.NoError(t, protojson.Unmarshal([]byte(body), &decoded))
	require.JSONEq(t, `{"event":"DEPLOYED","data":{"who":"hush"}}`, string(decoded.GetPayloads()[0].GetData()))
	status, body, _ = ask("")
	require.Equal(t, 401, status)
	require.NotContains(t, body, "hush")

	code, err := served.Terminate(b.ctx)
	require.NoError(t, err)
	require.Zero(t, code)
	require.NotContains(t, served.Stderr.String(), token)
	require.NotContains(t, served.Stderr.String(), "hush")
}

// The server does not listen beyond loopback without a token. All bad settings are reported at
// once, without their values.
func TestBadCodecSettingsEndTheStart(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		path string
		args []string
		env  []string
		says []string
	}{
		"codec server beyond loopback": {shared.starterPath, []string{"codec", "serve"},
			[]string{"LATCH_CODEC_ADDR=0.0.0.0:0", "LATCH_PAYLOAD_KEYS=a=hush", "LATCH_CODEC_ORIGINS=*"},
			[]string{"LATCH_CODEC_ADDR", "LATCH_CODEC_TOKENS", "LATCH_PAYLOAD_KEYS", "LATCH_CODEC_ORIGINS"}},
		"worker": {shared.workerPath, nil, []string{"LATCH_PAYLOAD_KEYS=a=hush,b", "LATCH_LOG_FORMAT=xml"},
			[]string{"LATCH_PAYLOAD_KEYS: key 1", "key 2", "LATCH_LOG_FORMAT"}},
		"api": {shared.starterPath, []string{"serve"}, []string{"LATCH_PAYLOAD_KEYS_FILE=/nowhere", "LATCH_API_URL=hm"},
			[]string{"LATCH_PAYLOAD_KEYS_FILE", "LATCH_API_URL"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ended, err := process.Run(t.Context(), process.Command{Path: test.path, Args: test.args, Env: test.env})
			require.NoError(t, err)
			require.NotZero(t, ended.ExitCode)
			for _, says := range test.says {
				require.Contains(t, ended.Stderr, says)
			}
			require.NotContains(t, ended.Stderr, "hush")
		})
	}
}
