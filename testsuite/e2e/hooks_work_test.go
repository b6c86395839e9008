package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/nexus-rpc/sdk-go/nexus"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// A question is the input of the work in these tests.
type question struct {
	URL string `json:"url"`
}

// answer requests the URL and returns the result of the work: a 2xx answer is its result, 500
// and more an error, and any other status a final error.
func answer(ctx context.Context, asked question) (json.RawMessage, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, asked.URL, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return nil, err
	case response.StatusCode >= 500:
		return nil, fmt.Errorf("it says %d", response.StatusCode)
	case response.StatusCode >= 300:
		return nil, temporal.NewNonRetryableApplicationError(fmt.Sprintf("it says %d", response.StatusCode), "Refused", nil)
	case len(body) == 0:
		return json.RawMessage("null"), nil
	default:
		return body, nil
	}
}

func answerWorkflow(ctx workflow.Context, asked question) (result json.RawMessage, err error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{StartToCloseTimeout: time.Minute,
		RetryPolicy: &temporal.RetryPolicy{MaximumAttempts: 1}})
	err = workflow.ExecuteActivity(ctx, "Answer", asked).Get(ctx, &result)
	return result, err
}

// answerNexus turns a refusal into a final error, like a Nexus handler.
func answerNexus(ctx context.Context, asked question, _ nexus.StartOperationOptions) (json.RawMessage, error) {
	result, err := answer(ctx, asked)
	if err != nil && strings.Contains(err.Error(), "it says 4") {
		return nil, nexus.NewHandlerErrorf(nexus.HandlerErrorTypeBadRequest, "%s", err.Error())
	}
	return result, err
}

// workers starts a user's own worker and returns the targets of hooks that request $R/gate
// there, by kind.
func workers(b *bench) map[string]string {
	b.Helper()
	queue, endpoint := "users-"+uuid.NewString(), "users-"+uuid.NewString()
	w := worker.New(shared.client, queue, worker.Options{})
	w.RegisterActivityWithOptions(answer, activity.RegisterOptions{Name: "Answer"})
	w.RegisterWorkflowWithOptions(answerWorkflow, workflow.RegisterOptions{Name: "AnswerWorkflow"})
	service := nexus.NewService("answers")
	require.NoError(b, service.Register(nexus.NewSyncOperation("answer", answerNexus)))
	w.RegisterNexusService(service)
	require.NoError(b, w.Start())
	b.Cleanup(w.Stop)
	b.createEndpoint(endpoint, "default", queue)
	input := `"input":{"url":"$R/gate"}`
	return map[string]string{
		latch.WorkActivity: fmt.Sprintf(`"activity":{"type":"Answer","task_queue":%q,%s}`, queue, input),
		latch.WorkWorkflow: fmt.Sprintf(`"workflow":{"type":"AnswerWorkflow","task_queue":%q,%s}`, queue, input),
		latch.WorkNexus:    fmt.Sprintf(`"nexus":{"endpoint":%q,"service":"answers","operation":"answer",%s}`, endpoint, input),
	}
}

// Contract, "Work": the decision table of hooks is the same for an activity, a workflow, a
// Nexus operation and a URL.
func TestDecisionTableOfWork(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for kind, target := range workers(b) {
		for _, row := range policyRows() {
			t.Run(kind+" "+row.name, func(t *testing.T) {
				t.Parallel()
				row.check(b.lane(t), target)
			})
		}
	}
}

// Contract, "Work": the record of work is like that of a request: input, result, and attempts,
// redacted and masked. Failures are retried.
func TestRecordOfWork(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for kind, target := range workers(b) {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			l := b.lane(t)
			attempts := 2
			l.script("/gate", receiver.Status(500), receiver.JSON(200, `{"result":"fail","stop_release":true,"token":"t0p","why":"red"}`))
			if kind == latch.WorkNexus {
				l.script("/gate", receiver.JSON(200, `{"result":"fail","stop_release":true,"token":"t0p","why":"red"}`))
				attempts = 1 // Temporal itself retries a Nexus operation
			}
			got := l.outcome(l.begin(latch.WorkflowRelease, `{"id":"r","steps":$STEPS(a),"webhooks":[{"id":"gate",`+target+`,
				"retry":{"initial_interval":"1ms"},"redact":{"json":["/token"]},"event":"BEFORE_RELEASE"}]}`))
			require.Equal(t, latch.ReleaseStopped, got.Status)
			record := got.History[0]
			require.Equal(t, latch.ResultFail, record.Result)
			require.Equal(t, attempts, record.Attempts)
			require.Len(t, record.Tries, attempts)
			require.Equal(t, strings.ToUpper(kind), record.Request.Method)
			require.Contains(t, strings.ToLower(record.Request.URL), "answer")
			require.JSONEq(t, `{"result":"fail","stop_release":true,"token":"***","why":"red"}`, record.Response.Body)
			require.JSONEq(t, `"***"`, string(record.Data["token"]))
			require.JSONEq(t, `"red"`, string(record.Data["why"]))
		})
	}
}

// Contract, "Work": work without its own input gets the default body.
func TestDefaultBodyOfWork(t *testing.T) {
	t.Parallel()
	b := setup(t)
	queue := "users-" + uuid.NewString()
	w := worker.New(shared.client, queue, worker.Options{})
	w.RegisterActivityWithOptions(func(given map[string]any) (map[string]any, error) { return map[string]any{"given": given}, nil },
		activity.RegisterOptions{Name: "Echo"})
	require.NoError(t, w.Start())
	t.Cleanup(w.Stop)
	l := &lane{bench: b, name: "case"}
	got := l.outcome(l.begin(latch.WorkflowRelease, `{"id":"r","steps":$STEPS(a),"webhooks":[{"id":"echo",
		"activity":{"type":"Echo","task_queue":"`+queue+`"},"event":"BEFORE_RELEASE"}]}`))
	require.Equal(t, latch.ReleaseReleased, got.Status)
	var given struct {
		Event      string
		DeliveryID string `json:"delivery_id"`
		Attempt    int
		Release    struct{ ID string }
	}
	require.NoError(t, json.Unmarshal(got.History[0].Data["given"], &given))
	require.Equal(t, "BEFORE_RELEASE", given.Event)
	require.Equal(t, got.History[0].DeliveryID, given.DeliveryID)
	require.Equal(t, 1, given.Attempt)
	require.Equal(t, "r", given.Release.ID)
}
