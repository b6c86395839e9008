package e2e

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"google.golang.org/protobuf/proto"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/plugin"
	"github.com/latch-run/latch/testsuite/receiver"
	"github.com/latch-run/latch/testsuite/server"
	"github.com/latch-run/latch/workflows"
)

// ownLane returns a lane whose worker belongs to the test and runs in its process.
func ownLane(t *testing.T, c client.Client, plugins []worker.Plugin) *lane {
	t.Helper()
	b := &bench{T: t, ctx: t.Context(), queue: strings.ReplaceAll(t.Name(), "/", "-"), receiver: receiver.New(t)}
	w := worker.New(c, b.queue, worker.Options{Plugins: plugins})
	for name, function := range map[string]any{"gates": gates, "parallelGates": parallelGates, "fires": fires} {
		w.RegisterWorkflowWithOptions(function, workflow.RegisterOptions{Name: name})
	}
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	return b.lane(t)
}

func latchPlugin() *plugin.Plugin {
	return plugin.New(plugin.Options{EgressAllow: []string{"127.0.0.1"}, FQDN: "build.example.com"})
}

// gates passes gates until one does not let it pass.
func gates(ctx workflow.Context, emissions []latch.Emission) ([]workflows.GateResult, error) {
	var results []workflows.GateResult
	for _, emission := range emissions {
		result, err := workflows.Gate(ctx, emission)
		if err != nil {
			return results, err
		}
		results = append(results, *result)
		if result.Decision != latch.Continue {
			break
		}
	}
	return results, nil
}

// parallelGates opens all gates at once, each in its own coroutine.
func parallelGates(ctx workflow.Context, emissions []latch.Emission) ([]string, error) {
	decisions := make([]string, len(emissions))
	group := workflow.NewWaitGroup(ctx)
	var failure error
	for i, emission := range emissions {
		group.Add(1)
		workflow.Go(ctx, func(ctx workflow.Context) {
			defer group.Done()
			result, err := workflows.Gate(ctx, emission)
			if err != nil {
				failure = err
				return
			}
			decisions[i] = result.Decision
		})
	}
	group.Wait(ctx)
	return decisions, failure
}

// fires fires an event and ends without waiting for its deliveries.
func fires(ctx workflow.Context, emission latch.Emission) ([]latch.Record, error) {
	return workflows.Fire(ctx, emission)
}

// Contract, "Emission": a gate in a user's own workflow waits for a lock and gets the decision,
// accepts decision expressions, and obeys messages from a person.
func TestGate(t *testing.T) {
	t.Parallel()
	l := ownLane(t, shared.client, []worker.Plugin{latchPlugin()})
	held := `{"event":"APPROVED","webhooks":[{"id":"gate","url":"$R/gate","events":[{"event":"APPROVED","blocking":true}]}]}`
	ruled := `{"event":"TESTED","data":{"build":7},"vars":{"limit":5},"webhooks":[{"id":"tests","url":"$R/tests","events":[
		{"event":"TESTED","rollback_release":"history.data.failed > vars.limit && data.build == 7","stop_release":"history.data.failed > 0"}]}]}`
	for _, test := range []struct {
		name      string
		gates     []string
		failed    int
		message   string
		argument  map[string]any
		decisions []string
		by        latch.DecidedBy
	}{
		{name: "a lock that passes, then a rule that passes", gates: []string{held, ruled}, message: latch.MessageReleaseLock,
			decisions: []string{latch.Continue, latch.Continue}},
		{name: "a rule stops", gates: []string{ruled}, failed: 3, decisions: []string{latch.Stop},
			by: latch.DecidedBy{Webhook: "tests", Event: "TESTED"}},
		{name: "a rule rolls back", gates: []string{ruled, held}, failed: 6, decisions: []string{latch.Rollback},
			by: latch.DecidedBy{Webhook: "tests", Event: "TESTED"}},
		{name: "a removal stops", gates: []string{held, ruled}, message: latch.MessageReleaseLock,
			argument:  map[string]any{"result": "fail", "data": map[string]any{"stop_release": true}, "by": "ann"},
			decisions: []string{latch.Stop}, by: byAnn("gate")},
		{name: "a person stops", gates: []string{held, ruled}, message: latch.MessageStop, argument: map[string]any{"by": "ann"},
			decisions: []string{latch.Stop}, by: byAnn("")},
		{name: "a person rolls back", gates: []string{held, ruled}, message: latch.MessageRollback, argument: map[string]any{"by": "ann"},
			decisions: []string{latch.Rollback}, by: byAnn("")},
		{name: "a skip lets pass", gates: []string{held}, message: latch.MessageSkip, argument: map[string]any{"reason": "away"},
			decisions: []string{latch.Continue}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l := l.lane(t)
			l.script("/tests", receiver.JSON(200, fmt.Sprintf(`{"failed":%d}`, test.failed)))
			run := l.begin("gates", "["+strings.Join(test.gates, ",")+"]")
			if test.message != "" {
				lock := l.openLock(run.GetID(), "gate")
				argument := map[string]any{}
				for key, value := range test.argument {
					argument[key] = value
				}
				if test.message == latch.MessageReleaseLock || test.message == latch.MessageSkip {
					argument["lock"] = lock.Token
				}
				require.NoError(t, l.update(run.GetID(), test.message, argument, nil))
			}
			var results []workflows.GateResult
			require.NoError(t, run.Get(l.ctx, &results))
			require.Len(t, results, len(test.decisions))
			for i, result := range results {
				require.Equal(t, test.decisions[i], result.Decision)
				require.Len(t, result.History, 1)
			}
			require.Equal(t, test.by, results[len(results)-1].DecidedBy)
			require.Len(t, l.history(run.GetID()), len(results))
			require.Equal(t, "completed", l.status(run.GetID()).Status)
		})
	}
	t.Run("an emission that cannot be is InvalidSpec", func(t *testing.T) {
		t.Parallel()
		l := l.lane(t)
		var application *temporal.ApplicationError
		require.ErrorAs(t, l.begin("gates", `[{"event":"JOB_START"}]`).Get(l.ctx, nil), &application)
		require.Equal(t, latch.ErrorInvalidSpec, application.Type())
		require.ErrorAs(t, l.start("fires", l.name+"-fire", l.spec(ruled)).Get(l.ctx, nil), &application)
		require.Equal(t, latch.ErrorInvalidSpec, application.Type(), "Fire decides nothing, so it takes no decision expressions")
	})
	t.Run("gates side by side", func(t *testing.T) {
		t.Parallel()
		l := l.lane(t)
		l.script("/tests", receiver.JSON(200, `{"failed":1}`))
		run := l.begin("parallelGates", `[`+held+`,`+ruled+`,`+strings.ReplaceAll(held, `"id":"gate"`, `"id":"other"`)+`]`)
		for _, webhook := range []string{"other", "gate"} {
			require.NoError(t, l.update(run.GetID(), latch.MessageReleaseLock, map[string]any{"lock": l.openLock(run.GetID(), webhook).Token}, nil))
		}
		var decisions []string
		require.NoError(t, run.Get(l.ctx, &decisions))
		require.Equal(t, []string{latch.Continue, latch.Stop, latch.Continue}, decisions)
	})
}

// Contract, "How long a run stays open": deliveries of a user's own workflow that have not
// settled at its end are handed over.
func TestGateFireHandsOver(t *testing.T) {
	t.Parallel()
	l := ownLane(t, shared.client, []worker.Plugin{latchPlugin()})
	l.script("/told", receiver.Status(503), receiver.Status(503), receiver.JSON(200, `{"ok":true}`))
	run := l.begin("fires", `{"event":"DEPLOYED",
		"webhooks":[{"id":"told","url":"$R/told","event":"DEPLOYED",
			"retry":{"schedule":["`+beyondTheRun+`","10ms"]}}]}`)
	var records []latch.Record
	require.NoError(t, run.Get(l.ctx, &records))
	require.Equal(t, latch.ResultPending, records[0].Result)
	handed := l.history(run.GetID())[0]
	require.Equal(t, latch.ResultPending, handed.Result)
	require.NotEmpty(t, handed.HandedTo)
	require.Equal(t, 1, handed.Attempts)
	var final latch.Record
	require.NoError(t, shared.client.GetWorkflow(l.ctx, handed.HandedTo, "").Get(l.ctx, &final))
	require.Equal(t, latch.ResultPass, final.Result)
	require.Equal(t, 3, final.Attempts)
	require.Equal(t, handed.DeliveryID, final.DeliveryID)
}

// The documentation of workflows.Gate: without the plugin the error says so.
func TestGateWithoutPlugin(t *testing.T) {
	t.Parallel()
	l := ownLane(t, shared.client, nil)
	err := l.begin("gates", `[{"event":"APPROVED"}]`).Get(l.ctx, nil)
	require.ErrorContains(t, err, "plugin")
}

// The plugin registers once, whether it is given to the worker, to its client, or to both, and
// does not change the user's data converter: with a codec in client and worker everything
// works, and nothing is stored unencrypted.
func TestGatePluginInClientAndWorker(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name             string
		inClient, inWork bool
	}{{"client", true, false}, {"worker", false, true}, {"both", true, true}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := latchPlugin()
			options := client.Options{HostPort: shared.server.FrontendHostPort, Logger: quiet(),
				DataConverter: converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), reversing{})}
			if test.inClient {
				options.Plugins = []client.Plugin{p}
			}
			c, err := client.Dial(server.Persistent(options))
			require.NoError(t, err)
			t.Cleanup(c.Close)
			var plugins []worker.Plugin
			if test.inWork {
				plugins = []worker.Plugin{p}
			}
			l := ownLane(t, c, plugins)
			own := client.StartWorkflowOptions{ID: l.name + l.queue, TaskQueue: l.queue}
			run, err := c.ExecuteWorkflow(l.ctx, own, latch.WorkflowRelease, jsonOf(l.spec(gated)))
			require.NoError(t, err)
			var status latch.Status
			require.Eventually(t, func() bool {
				value, err := c.QueryWorkflow(l.ctx, run.GetID(), "", latch.QueryStatus)
				return err == nil && value.Get(&status) == nil && len(status.Locks) == 1
			}, patience, tick)
			handle, err := c.UpdateWorkflow(l.ctx, client.UpdateWorkflowOptions{WorkflowID: run.GetID(), UpdateName: latch.MessageReleaseLock,
				WaitForStage: client.WorkflowUpdateStageCompleted, Args: []any{map[string]any{"lock": status.Locks[0].Token}}})
			require.NoError(t, err)
			var removed latch.Record
			require.NoError(t, handle.Get(l.ctx, &removed))
			require.Equal(t, latch.ResultPass, removed.Result)
			var got latch.ReleaseResult
			require.NoError(t, run.Get(l.ctx, &got))
			require.Equal(t, latch.ReleaseReleased, got.Status)
			require.Equal(t, 1, l.count("/do/a"))
			var unread latch.ReleaseResult
			require.Error(t, shared.client.GetWorkflow(l.ctx, run.GetID(), "").Get(l.ctx, &unread), "a client without the codec reads nothing")
		})
	}
}

type jsonOf string

func (j jsonOf) MarshalJSON() ([]byte, error) { return []byte(j), nil }

// reversing is a codec that makes encoded text impossible to find by a search.
type reversing struct{}

func (reversing) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	encoded := make([]*commonpb.Payload, len(payloads))
	for i, payload := range payloads {
		inner, err := proto.Marshal(payload)
		if err != nil {
			return nil, err
		}
		encoded[i] = &commonpb.Payload{Metadata: map[string][]byte{"encoding": []byte("test/base64")},
			Data: []byte(base64.StdEncoding.EncodeToString(inner))}
	}
	return encoded, nil
}

func (reversing) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	decoded := make([]*commonpb.Payload, len(payloads))
	for i, payload := range payloads {
		decoded[i] = payload
		if string(payload.GetMetadata()["encoding"]) != "test/base64" {
			continue
		}
		inner, err := base64.StdEncoding.DecodeString(string(payload.GetData()))
		if err != nil {
			return nil, err
		}
		decoded[i] = &commonpb.Payload{}
		if err := proto.Unmarshal(inner, decoded[i]); err != nil {
			return nil, err
		}
	}
	return decoded, nil
}

// byAnn is a decision of ann, who wrote to Temporal, at APPROVED: by a webhook's lock, or "".
func byAnn(webhook string) latch.DecidedBy {
	return latch.DecidedBy{Webhook: webhook, Event: "APPROVED", By: "ann", IdentifiedBy: latch.IdentifiedByTemporal}
}
