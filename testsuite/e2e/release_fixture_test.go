package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/testsuite/receiver"
)

// A lane is one case on a bench, with its own paths of the receiver and workflow ids, so that
// cases share a worker.
type lane struct {
	*bench
	name string
}

// lane creates a case's lane. It has its own context, because the case may have waited for its
// turn.
func (b *bench) lane(t *testing.T) *lane {
	own := *b
	own.T, own.ctx = t, hang.Context(t)
	parts := strings.Split(t.Name(), "/")
	name := strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", r) {
			return r
		}
		return '-'
	}, strings.Join(parts[1:], "-"))
	return &lane{bench: &own, name: "case-" + name}
}

// spec expands a text: $R is the lane's own part of the receiver, $STEPS(a,b) are steps that
// call it, each with an undo.
func (l *lane) spec(text string) string {
	if begin, rest, found := strings.Cut(text, "$STEPS("); found {
		names, end, _ := strings.Cut(rest, ")")
		var steps []string
		for _, name := range strings.Split(names, ",") {
			steps = append(steps, fmt.Sprintf(`{"name":%q,"do":{"http":{"url":"$R/do/%s"}},"undo":{"http":{"url":"$R/undo/%s",
				"retry":{"initial_interval":"1ms","maximum_attempts":2}}}}`, name, name, name))
		}
		text = begin + "[" + strings.Join(steps, ",") + "]" + end
	}
	return strings.ReplaceAll(text, "$R", l.receiver.URL+"/"+l.name)
}

func (l *lane) script(path string, answers ...receiver.Answer) {
	l.receiver.Script("/"+l.name+path, answers...)
}

// begin starts a workflow with an expanded spec.
func (l *lane) begin(workflow, spec string) client.WorkflowRun {
	l.Helper()
	return l.start(workflow, l.name, l.spec(spec))
}

// trail returns the requests to the receiver, in order: the path of a step or an undo, and for
// the path /log the event, with its step.
func (l *lane) trail() []string {
	trail := []string{}
	for _, request := range l.receiver.Requests("") {
		path, mine := strings.CutPrefix(request.Path, "/"+l.name+"/")
		if !mine {
			continue
		}
		if path != "log" {
			trail = append(trail, path)
			continue
		}
		var body struct {
			Event string
			Step  struct{ Name string }
		}
		require.NoError(l, json.Unmarshal(request.Body, &body), "%s", request.Body)
		trail = append(trail, strings.TrimSuffix(body.Event+" "+body.Step.Name, " "))
	}
	return trail
}

// count returns the number of requests to a path of the lane.
func (l *lane) count(path string) int { return len(l.receiver.Requests("/" + l.name + path)) }

// arrived waits until a path of the lane has received n requests.
func (l *lane) arrived(path string, n int) []receiver.Request {
	l.Helper()
	requests, err := l.receiver.Wait(l.ctx, "/"+l.name+path, n)
	require.NoError(l, err)
	return requests
}

// logEverything is a webhook that receives every event of a release.
const logEverything = `{"id":"log","url":"$R/log","retry":{"maximum_attempts":1},"events":[
	{"event":"BEFORE_RELEASE"},{"event":"BEFORE_STEP"},{"event":"AFTER_STEP"},{"event":"BEFORE_RELEASE_COMPLETE"},{"event":"RELEASE_COMPLETE"},
	{"event":"RELEASE_SUCCESS"},{"event":"RELEASE_STOPPED"},{"event":"RELEASE_ROLLED_BACK"},{"event":"RELEASE_FAILURE"}]}`

// An outcome is the result of a release, however it closed.
type outcome struct {
	latch.ReleaseResult
	// errorType is the application error's; "Canceled" for a cancelled run.
	errorType string
	message   string
}

// outcome waits for a release's end.
func (l *lane) outcome(run client.WorkflowRun) outcome {
	l.Helper()
	var got outcome
	err := run.Get(l.ctx, &got.ReleaseResult)
	var application *temporal.ApplicationError
	var canceled *temporal.CanceledError
	switch {
	case err == nil:
	case errors.As(err, &canceled):
		got.errorType = "Canceled"
		require.NoError(l, canceled.Details(&got.ReleaseResult))
	case errors.As(err, &application):
		got.errorType, got.message = application.Type(), application.Message()
		require.True(l, application.HasDetails(), "error without the result: %v", err)
		require.NoError(l, application.Details(&got.ReleaseResult))
	default:
		require.NoError(l, err)
	}
	return got
}

// steps returns the steps' statuses as one text.
func (o outcome) steps() string {
	var steps []string
	for _, step := range o.Steps {
		steps = append(steps, step.Name+":"+step.Status)
	}
	return strings.Join(steps, " ")
}

// record returns the record of a webhook at an event.
func record(t require.TestingT, records []latch.Record, webhook, event string) latch.Record {
	for _, record := range records {
		if record.Webhook == webhook && record.Event == event {
			return record
		}
	}
	require.Failf(t, "no record", "of %s at %s among %d", webhook, event, len(records))
	return latch.Record{}
}

// openLock waits until a webhook's lock is open. It fails if the run closes.
func (l *lane) openLock(id, webhook string) latch.OpenLock {
	l.Helper()
	var found latch.OpenLock
	var last latch.Status
	require.Eventually(l, func() bool {
		last = l.status(id)
		for _, lock := range last.Locks {
			if lock.Webhook == webhook {
				found = lock
				return true
			}
		}
		return last.Status != latch.ReleaseRunning
	}, patience, tick, "no open lock of %s", webhook)
	if found.Token == "" {
		require.Failf(l, "the run closed", "no open lock of %s; its status is %+v, its history %+v", webhook, last, l.history(id))
	}
	return found
}

// await polls a run's status.
func (l *lane) await(id, what string, condition func(latch.Status) bool) {
	l.Helper()
	require.Eventually(l, func() bool { return condition(l.status(id)) }, patience, tick, what)
}

// update sends a message as an update and decodes its answer.
func (l *lane) update(id, name string, argument any, into any) error {
	l.Helper()
	return l.updateAs("", id, name, argument, into)
}

func (l *lane) updateAs(updateID, id, name string, argument any, into any) error {
	l.Helper()
	options := client.UpdateWorkflowOptions{UpdateID: updateID, WorkflowID: id, UpdateName: name,
		WaitForStage: client.WorkflowUpdateStageCompleted}
	if argument != nil {
		options.Args = []any{argument}
	}
	handle, err := shared.client.UpdateWorkflow(l.ctx, options)
	if err != nil {
		return err
	}
	return handle.Get(l.ctx, into)
}

func (l *lane) signal(id, name string, argument any) {
	l.Helper()
	require.NoError(l, shared.client.SignalWorkflow(l.ctx, id, "", name, argument))
}

// errorType returns the application error's type.
func errorType(err error) string {
	var application *temporal.ApplicationError
	if errors.As(err, &application) {
		return application.Type()
	}
	return ""
}

// hold returns an answer that is held back until the test releases it.
func (l *lane) hold(answer receiver.Answer) (receiver.Answer, func()) {
	held := make(chan struct{})
	open := true
	release := func() {
		if open {
			open = false
			close(held)
		}
	}
	l.Cleanup(release)
	answer.Hold = held
	return answer, release
}
