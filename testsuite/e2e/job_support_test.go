package e2e

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/testsuite/receiver"
)

// patience bounds every wait.
const patience = hang.Limit

// tick is the interval at which a wait checks again.
const tick = 20 * time.Millisecond

// beyondTheRun is a retry's delay that no run waits for: when its work is done, a run stays
// open for 10 s of retries, and hands over the rest.
const beyondTheRun = "40s"

// unhurried is the timeout of a webhook whose answer a test holds back.
const unhurried = `"timeout":"1h"`

// startSpec starts a workflow with a specification in which {R} stands for the receiver's URL.
func (b *bench) startSpec(workflow, id, spec string) client.WorkflowRun {
	b.Helper()
	return b.start(workflow, id, b.spec(spec))
}

func (b *bench) spec(text string) string { return strings.ReplaceAll(text, "{R}", b.receiver.URL) }

func (b *bench) startJob(id, spec string) client.WorkflowRun {
	b.Helper()
	return b.startSpec(latch.WorkflowJobRun, id, spec)
}

// endOfJob waits for a job and returns its result, from the error's details if it did not
// succeed.
func (b *bench) endOfJob(run client.WorkflowRun) (latch.JobResult, error) {
	b.Helper()
	var result latch.JobResult
	err := run.Get(b.ctx, &result)
	var failed *temporal.ApplicationError
	var canceled *temporal.CanceledError
	switch {
	case errors.As(err, &failed) && failed.HasDetails():
		require.NoError(b, failed.Details(&result))
	case errors.As(err, &canceled) && canceled.HasDetails():
		require.NoError(b, canceled.Details(&result))
	case err != nil:
		b.Fatalf("job %s ended without a result: %v", run.GetID(), err)
	}
	return result, err
}

// succeeds waits for a job that must succeed.
func (b *bench) succeeds(run client.WorkflowRun) latch.JobResult {
	b.Helper()
	result, err := b.endOfJob(run)
	require.NoError(b, err)
	require.Equal(b, latch.JobSucceeded, result.Status)
	return result
}

// failsAs waits for a job that must fail its workflow with the status.
func (b *bench) failsAs(run client.WorkflowRun, status string) latch.JobResult {
	b.Helper()
	result, err := b.endOfJob(run)
	require.Equal(b, latch.ErrorJobFailed, kindOf(err), "%v", err)
	require.Equal(b, status, result.Status, "%v", err)
	return result
}

// kindOf returns an application error's type.
func kindOf(err error) string {
	var application *temporal.ApplicationError
	if !errors.As(err, &application) {
		return ""
	}
	return application.Type()
}

// messageOf returns an application error's own message.
func messageOf(err error) string {
	var application *temporal.ApplicationError
	if !errors.As(err, &application) {
		return ""
	}
	return application.Message()
}

// arrives waits until the path has received n requests.
func (b *bench) arrives(path string, n int) []receiver.Request {
	b.Helper()
	requests, err := b.receiver.Wait(b.ctx, path, n)
	require.NoError(b, err)
	return requests
}

// came returns the number of requests to each path.
func (b *bench) came(prefix string) map[string]int {
	counts := map[string]int{}
	for _, request := range b.receiver.Requests("") {
		if strings.HasPrefix(request.Path, prefix) {
			counts[strings.TrimPrefix(request.Path, prefix)]++
		}
	}
	return counts
}

// awaitLock waits until the run waits for a lock, and returns it.
func (b *bench) awaitLock(run client.WorkflowRun) latch.OpenLock {
	b.Helper()
	var locks []latch.OpenLock
	require.Eventually(b, func() bool {
		var status latch.Status
		value, err := shared.client.QueryWorkflow(b.ctx, run.GetID(), "", latch.QueryStatus)
		if err != nil || value.Get(&status) != nil {
			return false
		}
		locks = status.Locks
		return len(locks) > 0
	}, patience, tick, "no lock is open in %s", run.GetID())
	return locks[0]
}

// removeLock removes a lock by the update, and returns the record in the answer.
func (b *bench) removeLock(run client.WorkflowRun, release latch.LockRelease) latch.Record {
	b.Helper()
	var record latch.Record
	require.NoError(b, b.update(run, latch.MessageReleaseLock, release, &record))
	return record
}

func (b *bench) update(run client.WorkflowRun, name string, argument, into any) error {
	b.Helper()
	handle, err := shared.client.UpdateWorkflow(b.ctx, client.UpdateWorkflowOptions{WorkflowID: run.GetID(), UpdateName: name,
		Args: []any{argument}, WaitForStage: client.WorkflowUpdateStageCompleted})
	if err != nil {
		return err
	}
	return handle.Get(b.ctx, into)
}

// events returns the run's Temporal history so far.
func (b *bench) events(run client.WorkflowRun) []*historypb.HistoryEvent {
	b.Helper()
	var events []*historypb.HistoryEvent
	iterator := shared.client.GetWorkflowHistory(b.ctx, run.GetID(), run.GetRunID(), false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for iterator.HasNext() {
		event, err := iterator.Next()
		require.NoError(b, err)
		events = append(events, event)
	}
	return events
}

// keepsSecret fails the test if a secret, in any encoding, appears in the run's events, in the
// worker's output or in told, which is Latch's output about the run. It returns all of that.
func (b *bench) keepsSecret(run client.WorkflowRun, told any, secrets ...string) string {
	b.Helper()
	var everything strings.Builder
	for _, event := range b.events(run) {
		encoded, err := proto.Marshal(event)
		require.NoError(b, err)
		everything.Write(encoded)
	}
	everything.WriteString(b.worker.Stdout.String() + b.worker.Stderr.String())
	encoded, err := json.Marshal(told)
	require.NoError(b, err)
	everything.Write(encoded)
	for _, secret := range secrets {
		for _, written := range spellings(b.T, secret) {
			require.NotContains(b, everything.String(), written)
		}
	}
	return everything.String()
}

// scheduled lists the activity types in the order in which they were scheduled.
func scheduled(events []*historypb.HistoryEvent) []string {
	var types []string
	for _, event := range events {
		if attributes := event.GetActivityTaskScheduledEventAttributes(); attributes != nil {
			types = append(types, attributes.GetActivityType().GetName())
		}
	}
	return types
}

// closedAs returns how the workflow itself closed.
func (b *bench) closedAs(run client.WorkflowRun) enums.WorkflowExecutionStatus {
	b.Helper()
	described, err := shared.client.DescribeWorkflowExecution(b.ctx, run.GetID(), run.GetRunID())
	require.NoError(b, err)
	return described.GetWorkflowExecutionInfo().GetStatus()
}

// body decodes a request's body as JSON.
func body(t testing.TB, request receiver.Request) map[string]any {
	t.Helper()
	var object map[string]any
	require.NoError(t, json.Unmarshal(request.Body, &object), "body of %s: %s", request.URI, request.Body)
	return object
}

// at follows the keys through nested objects.
func at(value any, keys ...string) any {
	for _, key := range keys {
		object, _ := value.(map[string]any)
		value = object[key]
	}
	return value
}

// kvpJSON returns a result's kvp as JSON.
func kvpJSON(t testing.TB, kvp latch.Object) string {
	t.Helper()
	encoded, err := json.Marshal(kvp)
	require.NoError(t, err)
	return string(encoded)
}

// recordOf returns the only record of a webhook.
func recordOf(t testing.TB, records []latch.Record, webhook string) latch.Record {
	t.Helper()
	var found []latch.Record
	for _, record := range records {
		if record.Webhook == webhook {
			found = append(found, record)
		}
	}
	require.Len(t, found, 1, "records of webhook %s", webhook)
	return found[0]
}
