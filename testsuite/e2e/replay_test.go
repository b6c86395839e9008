package e2e

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/worker"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/testsuite/receiver"
)

// untilDone has a request made again until its answer is final.
const untilDone = `"poll":{"until":"response.data.state == 'SUCCEEDED'","interval":"20ms"}`

// Every representative run replays. With -record its history is kept, for the tests of later
// versions: workflows that wait for months must continue with them.
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
	registered := b.register(`{"id":"kept-{Q}","task":{"http":{"url":"{R}/kept"}}}`).ID
	slow := make(chan struct{})
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
		{name: "sequence-asked", workflow: latch.WorkflowJobRun, spec: `{"id":"all","jobs":[{"id":"one","task":{"http":{"url":"$R/one"}}},
			{"id":"two","task":{"http":{"url":"$R/two"}},"webhooks":[
				{"id":"gate","events":[{"event":"JOB_START","blocking":true,"lock_timeout":"200ms","on_timeout":"continue"}]}]}]}`, child: "/two"},
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
		{name: "gate-passed", workflow: latch.WorkflowGate, spec: `{"event":"DEPLOY","vars":{"n":1},"deadline":"1h","webhooks":[
			{"id":"log","url":"$R/log","event":"DEPLOY"},
			{"id":"gate","url":"$R/gate","events":[{"event":"DEPLOY","blocking":true,"when":"vars.n == 1"}]}]}`, meanwhile: remove(`"result":"pass"`)},
		{name: "gate-stopped", workflow: latch.WorkflowGate, spec: `{"event":"DEPLOY","webhooks":[
			{"id":"log","url":"$R/log","event":"DEPLOY","path":"durable"},
			{"id":"gate","events":[{"event":"DEPLOY","blocking":true}]}]}`, meanwhile: remove(`"result":"fail"`)},
		{name: "gate-past-its-deadline", workflow: latch.WorkflowGate, spec: `{"event":"DEPLOY","deadline":"500ms","on_deadline":"rollback","webhooks":[
			{"id":"gate","events":[{"event":"DEPLOY","blocking":true}]}]}`},
		{name: "release-fails-on-a-stop", workflow: latch.WorkflowRelease, spec: `{"id":"r","fail_on":["stopped"],"steps":$STEPS(a),
			"webhooks":[` + gate + `]}`, meanwhile: remove(`"result":"fail","data":{"stop_release":true}`)},
		{name: "batch", workflow: latch.WorkflowEmitBatch, spec: `{"events":[
			{"event":"DEPLOYED","webhooks":[{"id":"log","url":"$R/log","event":"DEPLOYED"}]},
			{"event":"CHECKED","webhooks":[{"id":"gate","events":[{"event":"CHECKED","blocking":true,"lock_timeout":"200ms"}]}]}]}`},
		{name: "volleys", workflow: latch.WorkflowEmit, spec: `{"event":"DEPLOYED","webhooks":[
			{"id":"quick","url":"$R/log","event":"DEPLOYED"},
			{"id":"again","url":"$R/again","event":"DEPLOYED","retry":{"initial_interval":"10ms"}},
			{"id":"slow","url":"$R/slow","event":"DEPLOYED",` + unhurried + `},
			{"id":"judged","url":"$R/log","events":[{"event":"DEPLOYED","result":"'pass'"}]},
			{"id":"durable","url":"$R/log","event":"DEPLOYED","path":"durable"},
			{"id":"refused","url":"$R/refused","event":"DEPLOYED"},
			{"id":"operator","url":"$R/log","event":"DELIVERY_EXHAUSTED"}]}`,
			scripts: map[string][]receiver.Answer{"/again": {receiver.Status(503), receiver.Status(200)},
				"/slow": {{Hold: slow}}, "/refused": {receiver.Status(404)}},
			meanwhile: func(l *lane, _ string) { l.arrived("/slow", 1); l.arrived("/again", 2); close(slow) }},
		{name: "batch-of-volleys", workflow: latch.WorkflowEmitBatch, spec: `{"events":[
			{"event":"DEPLOYED","webhooks":[
				{"id":"log","url":"$R/log","event":"DEPLOYED"},
				{"id":"again","url":"$R/again","event":"DEPLOYED","retry":{"initial_interval":"10ms"}}]},
			{"event":"CHECKED","data":{"n":1},"webhooks":[{"id":"log","url":"$R/log","event":"CHECKED"}]},
			{"event":"DEPLOYED","webhooks":[{"id":"log","url":"$R/log","event":"DEPLOYED"}]}]}`,
			scripts: map[string][]receiver.Answer{"/again": {receiver.Status(503), receiver.Status(200)}}},
		{name: "analysis", workflow: latch.WorkflowGate, spec: measuring("20ms", "3"),
			scripts: map[string][]receiver.Answer{"/measure": {receiver.JSON(200, `{"errors":0}`)}}},
		{name: "analysis-asks", workflow: latch.WorkflowGate, spec: `{"event":"DEPLOY","webhooks":[{"id":"gate","event":"DEPLOY","analysis":{
			"http":{"url":"$R/measure"},"success":"response.data.errors < 1","failure":"response.data.errors > 5"}}]}`,
			scripts: map[string][]receiver.Answer{"/measure": {receiver.JSON(200, `{"errors":3}`)}}, meanwhile: remove(`"result":"pass"`)},
		{name: "poll", workflow: latch.WorkflowJobRun, spec: `{"id":"j","task":{"http":{"url":"$R/ci",` + untilDone + `}},
			"webhooks":[{"id":"ci","url":"$R/checks","event":"JOB_START",` + untilDone + `}]}`, scripts: map[string][]receiver.Answer{
			"/ci":     {receiver.JSON(200, `{}`), receiver.JSON(200, `{"state":"SUCCEEDED"}`)},
			"/checks": {receiver.JSON(200, `{}`), receiver.JSON(200, `{"state":"SUCCEEDED"}`)}}},
		{name: "soak", workflow: latch.WorkflowGate, spec: `{"event":"DEPLOY","webhooks":[
			{"id":"bake","url":"$R/bake","soak":"1s","event":"DEPLOY"}]}`},
		{name: "rated", workflow: latch.WorkflowEmit, spec: `{"event":"DEPLOYED","webhooks":[
			{"id":"log","url":"$R/log","event":"DEPLOYED"},{"id":"slow","url":"$R/slow","event":"DEPLOYED","rate":"20/s"}]}`},
		{name: "result-in-capitals", workflow: latch.WorkflowJobRun, spec: `{"id":"j","task":{"http":{"url":"$R/do"}},
			"webhooks":[{"id":"gate","url":"$R/gate","events":[{"event":"JOB_START","blocking":true}]}]}`,
			scripts: map[string][]receiver.Answer{"/gate": {receiver.JSON(200, `{"result":"FAIL"}`)}}},
		{name: "signal-without-meaning", workflow: latch.WorkflowRelease, spec: release, meanwhile: func(l *lane, id string) {
			lock := l.openLock(id, "gate").Token
			l.signal(id, latch.MessageReleaseLock, jsonOf(fmt.Sprintf(`{"lock":%q,"data":{"stop_release":"perhaps"}}`, lock)))
			l.signal(id, latch.MessageStop, map[string]any{"by": "ann"})
		}},
		{name: "step-failed", workflow: latch.WorkflowRelease, spec: `{"id":"r","steps":$STEPS(a),
			"webhooks":[{"id":"log","url":"$R/log","event":"STEP_FAILED"}]}`,
			scripts: map[string][]receiver.Answer{"/do/a": {receiver.Status(400)}}},
		{name: "step-paused", workflow: latch.WorkflowRelease, spec: `{"id":"r","on_failure":"pause","steps":$STEPS(a)}`,
			scripts: map[string][]receiver.Answer{"/do/a": {receiver.Status(400), receiver.Status(200)}}, meanwhile: func(l *lane, id string) {
				require.Eventually(l, func() bool { return len(l.status(id).Paused) == 1 }, patience, tick)
				require.NoError(l, l.update(id, latch.MessageRetry, jsonOf(`{"by":"ann"}`), nil))
			}},
		{name: "lock-timed-out", workflow: latch.WorkflowRelease, spec: `{"id":"r","steps":$STEPS(a),"webhooks":[` + ends + `,
			{"id":"gate","url":"$R/gate","events":[{"event":"BEFORE_STEP","blocking":true,"lock_timeout":"1s","on_timeout":"rollback"}]}]}`},
		{name: "lock-waits", workflow: latch.WorkflowRelease, spec: `{"id":"r","steps":$STEPS(a),"webhooks":[
			{"id":"log","url":"$R/log","events":[{"event":"LOCK_OPENED"},{"event":"LOCK_REMINDER"},{"event":"LOCK_ESCALATED"},{"event":"LOCK_REMOVED"}]},
			{"id":"gate","events":[{"event":"BEFORE_STEP","blocking":true,"lock_timeout":"1h","approvals":[{"groups":["sre"]}],"allow_unproven":true,
				"remind":["1s","3s"],"escalate":{"after":"2s","groups":["leads"]}}]}]}`,
			meanwhile: func(l *lane, id string) {
				token := l.openLock(id, "gate").Token
				l.arrived("/log", 4)
				require.NoError(l, l.update(id, latch.MessageExtendLock,
					jsonOf(fmt.Sprintf(`{"lock":%q,"lock_timeout":"2h"}`, token)), nil))
				require.NoError(l, l.update(id, latch.MessageReleaseLock,
					jsonOf(fmt.Sprintf(`{"lock":%q,"by":"ann","groups":["leads"]}`, token)), nil))
			}},
		{name: "undo-failed", workflow: latch.WorkflowRelease,
			spec:      `{"id":"r","steps":$STEPS(a,b),"webhooks":[` + ends + `,` + gate + `]}`,
			scripts:   map[string][]receiver.Answer{"/undo/a": {receiver.Status(400)}},
			meanwhile: remove(`"result":"fail","data":{"rollback_release":true}`)},
		{name: "records-updated", workflow: latch.WorkflowRelease, spec: `{"id":"r","steps":$STEPS(a),"webhooks":[
			{"id":"log","url":"$R/log","events":[{"event":"AFTER_STEP"},
				{"event":"BEFORE_RELEASE_COMPLETE","stop_release":"history.data.said == 'stop'"}]},` + gate + `]}`,
			meanwhile: func(l *lane, id string) {
				l.openLock(id, "gate")
				for _, record := range l.history(id) {
					if record.Webhook == "log" && record.Event == "BEFORE_RELEASE_COMPLETE" {
						require.NoError(l, l.update(id, latch.MessageRecord,
							jsonOf(fmt.Sprintf(`{"delivery_id":%q,"data":{"said":"go"}}`, record.DeliveryID)), nil))
					}
				}
				require.NoError(l, l.update(id, latch.MessageSkip,
					jsonOf(`{"webhook":"gate","event":"BEFORE_RELEASE_COMPLETE","by":"ann","reason":"in a hurry"}`), nil))
			}},
		{name: "sequence-of-registered-jobs", workflow: latch.WorkflowJobRun, spec: `{"id":"all","jobs":["` + registered + `",
			{"id":"two","task":{"http":{"url":"$R/two","body":{"before":"${jobs}"}}}}]}`, child: "/" + registered},
		{name: "trigger", workflow: latch.WorkflowTrigger, spec: `{"id":"` + registered + `"}`},
		{name: "commands", workflow: latch.WorkflowRelease, spec: `{"id":"r","vars":{"n":1},"steps":[
			{"name":"a","do":{"workflow":{"type":"latch.Emit","id":"of-${release.id}-$R","input":{"event":"DONE","id":"${vars.n}"}}}},
			{"name":"b","do":{"activity":{"type":"` + latch.ActivityHTTP + `","input":{"task":{"url":"$R/b"}}}}}]}`},
		{name: "handed-over", workflow: latch.WorkflowJobRun, spec: `{"id":"j","task":{"http":{"url":"$R/do"}},"webhooks":[
			{"id":"dead","url":"$R/dead","event":"JOB_SUCCESS","retry":{"initial_interval":"` + beyondTheRun + `","backoff_coefficient":1}}]}`,
			scripts: map[string][]receiver.Answer{"/dead": {receiver.Status(503), receiver.Status(200)}}, child: "deliver"},
		{name: "ordered", workflow: latch.WorkflowJobRun, spec: `{"id":"j","task":{"http":{"url":"$R/do"}},"webhooks":[
			{"id":"w","url":"$R/w","ordered":true,"retry":{"initial_interval":"10ms"},
				"events":[{"event":"JOB_START"},{"event":"JOB_COMPLETE"},{"event":"JOB_SUCCESS"}]}]}`,
			scripts: map[string][]receiver.Answer{"/w": {receiver.Status(503), receiver.Status(200)}}},
		{name: "ordered-handed-over", workflow: latch.WorkflowJobRun, spec: `{"id":"j","task":{"http":{"url":"$R/do"}},"webhooks":[
			{"id":"w","url":"$R/w","ordered":true,"retry":{"initial_interval":"` + beyondTheRun + `","backoff_coefficient":1},
				"events":[{"event":"JOB_COMPLETE"},{"event":"JOB_SUCCESS"}]}]}`,
			scripts: map[string][]receiver.Answer{"/w": {receiver.Status(503), receiver.Status(200)}}, child: "queue"},
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
			case "queue":
				waited := l.history(run.GetID())[1]
				require.NotEmpty(t, waited.HandedTo)
				queue := protocol.OrderedID(run.GetID(), waited.RunID, waited.Webhook)
				require.NoError(t, shared.client.GetWorkflow(l.ctx, queue, "").Get(l.ctx, nil))
				l.keep(test.name+"-deliver", waited.HandedTo)
				l.keep(test.name+"-queue", queue)
			default:
				l.keep(test.name+"-child", run.GetID()+test.child)
			}
		})
	}
	t.Run("once", func(t *testing.T) {
		t.Parallel()
		l := b.lane(t)
		run := l.begin(latch.WorkflowStartOnce, `{"workflow":"latch.Emit","workflow_id":"emit-once-`+b.queue+`",
			"task_queue":"`+b.queue+`","arguments":[{"event":"DEPLOYED"}]}`)
		require.NoError(t, run.Get(l.ctx, nil))
		l.keep("once", run.GetID())
	})
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
