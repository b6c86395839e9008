package e2e

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/process"
	"github.com/latch-run/latch/testsuite/receiver"
)

var recordHistories = flag.Bool("record", false, "write the histories of TestRecordHistories to workflows/testdata")

// Every representative run replays. With -record its history is kept, for the
// tests of later versions: workflows that wait for months must go on with them.
func TestRecordHistories(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_FQDN", "build.example.com", "LATCH_API_URL", "https://latch.example.com")
	ends := `{"id":"log","url":"$R/log",
		"events":[
			{"event":"AFTER_STEP","when":"step.name == 'a'"},
			{"event":"RELEASE_COMPLETE"},
			{"event":"RELEASE_SUCCESS"},
			{"event":"RELEASE_STOPPED"},
			{"event":"RELEASE_ROLLED_BACK"},
			{"event":"RELEASE_FAILURE"}]}`
	gate := `{"id":"gate","url":"$R/gate","events":[{"event":"BEFORE_RELEASE_COMPLETE","blocking":true,"lock_timeout":"1h"}]}`
	release := `{"id":"r","steps":$STEPS(a,b),"webhooks":[` + ends + `,` + gate + `]}`
	remove := func(data string) func(*lane, string) {
		return func(l *lane, id string) {
			require.NoError(l, l.update(id, latch.MessageReleaseLock,
				jsonOf(fmt.Sprintf(`{"lock":%q,"by":"ann",%s}`, l.openLock(id, "gate").Token, data)), nil))
		}
	}
	for _, test := range []struct {
		name      string
		workflow  string
		spec      string
		scripts   map[string][]receiver.Answer
		meanwhile func(*lane, string)
		child     string
	}{
		{name: "job", workflow: latch.WorkflowJobRun, spec: `{"id":"j","title":"Nightly",
			"task":{"http":{"url":"$R/do","body":{"id":"${job.id}"}}},
			"webhooks":[
				{"id":"all","url":"$R/log","events":[
					{"event":"JOB_START"},
					{"event":"JOB_COMPLETE"},
					{"event":"JOB_SUCCESS","result":"'pass'"},
					{"event":"JOB_FAILURE"}]},
				{"id":"gate","url":"$R/gate",
					"events":[{"event":"JOB_START","blocking":true}]}]}`, meanwhile: remove(`"result":"pass"`)},
		{name: "job-failed", workflow: latch.WorkflowJobRun, spec: `{"id":"j","timeout":"1m",
			"retry":{"initial_interval":"10ms","maximum_attempts":2},"task":{"http":{"url":"$R/do"}},
			"webhooks":[{"id":"all","url":"$R/log","events":[
				{"event":"JOB_COMPLETE"},
				{"event":"JOB_FAILURE"}]}]}`, scripts: map[string][]receiver.Answer{"/do": {receiver.Status(400)}}},
		{name: "sequence", workflow: latch.WorkflowJobRun, spec: `{"id":"all","jobs":[
			{"id":"one","continue_on_error":true,"task":{"http":{"url":"$R/one"}}},
			{"id":"two","task":{"http":{"url":"$R/two"}},"webhooks":[{"id":"w","url":"$R/log","event":"JOB_SUCCESS"}]}]}`,
			scripts: map[string][]receiver.Answer{"/one": {receiver.Status(400)}}, child: "/two"},
		{name: "release-released", workflow: latch.WorkflowRelease, spec: release, meanwhile: remove(`"result":"pass"`)},
		{name: "release-stopped", workflow: latch.WorkflowRelease, spec: release,
			meanwhile: remove(`"result":"fail","data":{"stop_release":true}`)},
		{name: "release-rolled-back", workflow: latch.WorkflowRelease, spec: release,
			meanwhile: remove(`"result":"fail","data":{"rollback_release":true}`)},
		{name: "release-stopped-by-signal", workflow: latch.WorkflowRelease, spec: release, meanwhile: func(l *lane, id string) {
			l.openLock(id, "gate")
			l.signal(id, latch.MessageStop, map[string]any{"by": "ann"})
		}},
		{name: "release-failed", workflow: latch.WorkflowRelease, spec: `{"id":"r","steps":$STEPS(a,b),"webhooks":[` + ends + `]}`,
			scripts: map[string][]receiver.Answer{"/do/b": {receiver.Status(400)}}},
		{name: "release-cancelled", workflow: latch.WorkflowRelease, spec: release, meanwhile: func(l *lane, id string) {
			l.openLock(id, "gate")
			require.NoError(l, shared.client.CancelWorkflow(l.ctx, id, ""))
		}},
		{name: "emit", workflow: latch.WorkflowEmit, spec: `{"event":"DEPLOYED",
			"webhooks":[{"id":"gate","events":[{"event":"DEPLOYED","blocking":true,"lock_timeout":"200ms"}]}]}`},
		{name: "batch", workflow: latch.WorkflowEmitBatch, spec: `{"events":[
			{"event":"DEPLOYED","webhooks":[{"id":"log","url":"$R/log","event":"DEPLOYED"}]},
			{"event":"CHECKED","webhooks":[{"id":"gate","events":[{"event":"CHECKED","blocking":true,"lock_timeout":"200ms"}]}]}]}`},
		{name: "handed-over", workflow: latch.WorkflowJobRun, spec: `{"id":"j","task":{"http":{"url":"$R/do"}},"webhooks":[
			{"id":"dead","url":"$R/dead","event":"JOB_SUCCESS","retry":{"initial_interval":"` + beyondTheRun + `","backoff_coefficient":1}}]}`,
			scripts: map[string][]receiver.Answer{"/dead": {receiver.Status(503), receiver.Status(200)}}, child: "deliver"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := b.lane(t)
			for path, answers := range test.scripts {
				l.script(path, answers...)
			}
			run := l.begin(test.workflow, test.spec)
			if test.meanwhile != nil {
				test.meanwhile(l, run.GetID())
			}
			_ = run.Get(l.ctx, nil) // failed runs are recorded too
			l.keep(test.name, run.GetID())
			switch test.child {
			case "":
			case "deliver":
				child := l.history(run.GetID())[0].HandedTo
				require.NotEmpty(t, child)
				require.NoError(t, shared.client.GetWorkflow(l.ctx, child, "").Get(l.ctx, nil))
				l.keep(test.name+"-deliver", child)
			default:
				l.keep(test.name+"-child", run.GetID()+test.child)
			}
		})
	}
	t.Run("gate", func(t *testing.T) {
		t.Parallel()
		l := ownLane(t, shared.client, []worker.Plugin{latchPlugin()})
		run := l.begin("gates", `[{"event":"APPROVED","webhooks":[{"id":"gate","url":"$R/gate","events":[{"event":"APPROVED","blocking":true}]}]},
			{"event":"TESTED","webhooks":[{"id":"tests","url":"$R/tests","events":[{"event":"TESTED","stop_release":"event == 'TESTED'"}]}]}]`)
		remove(`"result":"pass"`)(l, run.GetID())
		require.NoError(t, run.Get(l.ctx, nil))
		l.keep("gate", run.GetID())
	})
}

// keep replays a run's history, and writes it where that is asked for.
func (l *lane) keep(name, id string) {
	l.Helper()
	history := &historypb.History{}
	require.Eventually(l, func() bool {
		history.Events = nil
		iterator := shared.client.GetWorkflowHistory(l.ctx, id, "", false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for iterator.HasNext() {
			event, err := iterator.Next()
			require.NoError(l, err)
			history.Events = append(history.Events, event)
		}
		return len(history.Events) > 0
	}, patience, tick)
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{Plugins: []worker.Plugin{latchPlugin()}})
	require.NoError(l, err)
	replayer.RegisterWorkflowWithOptions(gates, workflow.RegisterOptions{Name: "gates"})
	require.NoError(l, replayer.ReplayWorkflowHistoryWithOptions(quiet(), history, worker.ReplayWorkflowHistoryOptions{
		OriginalExecution: workflow.Execution{ID: id},
	}))
	if !*recordHistories {
		return
	}
	text, err := protojson.MarshalOptions{Multiline: true, Indent: " "}.Marshal(history)
	require.NoError(l, err)
	host, err := os.Hostname()
	require.NoError(l, err)
	text = regexp.MustCompile(`("identity": *)"[^"]*"`).ReplaceAll(text, []byte(`$1"worker"`))
	text = regexp.MustCompile(`"[0-9]*@?`+regexp.QuoteMeta(host)+`[:@][^"]*"`).ReplaceAll(text, []byte(`"sticky"`))
	root, err := process.ModuleDir(l.ctx, "github.com/latch-run/latch")
	require.NoError(l, err)
	folder := filepath.Join(root, "workflows", "testdata")
	require.NoError(l, os.MkdirAll(folder, 0o755))
	require.NoError(l, os.WriteFile(filepath.Join(folder, name+".json"), append(text, '\n'), 0o644))
}
