package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/completion"
	"github.com/latch-run/latch/internal/protocol"
)

// Contract, "Watch", "Sources": Temporal's server calls the API when a run has closed that the API
// has started, and the watch that looks for it reports it once. The watch's history replays; with
// -record it is kept.
func TestAWatchIsTold(t *testing.T) {
	t.Parallel()
	l := &lane{bench: setup(t)}
	b := l.bench
	address := freeAddress(t)
	s := b.serve("LATCH_API_ADDR", address, "LATCH_COMPLETION_CALLBACK_URL", "http://"+address, "LATCH_API_KEYS", apiKeys)
	id := "told-" + b.queue
	b.watch(fmt.Sprintf(`{"id":%q,"query":"WorkflowType = '%s' AND TaskQueue = '%s'","webhooks":[{"id":"log","url":"{R}/told","events":[
		{"event":"WORKFLOW_COMPLETED"},{"event":"WORKFLOW_TERMINATED"}]}]}`, id, latch.WorkflowRelease, b.queue))
	var completed, terminated struct {
		WorkflowID string `json:"workflow_id"`
		RunID      string `json:"run_id"`
	}
	s.as("run-key-0123456789", "POST", "/latch/v1/releases", b.spec(`{"id":"passes","steps":[{"name":"a","do":{"http":{"url":"{R}/a"}}}]}`)).
		read(b, http.StatusCreated, &completed)
	b.arrives("/told", 1)
	s.as("run-key-0123456789", "POST", "/latch/v1/releases", heldRelease("held")).read(b, http.StatusCreated, &terminated)
	require.NoError(b, b.temporal().TerminateWorkflow(b.ctx, terminated.WorkflowID, terminated.RunID, "by hand"))
	b.requireTold("/told", map[string]string{completed.RunID: latch.EventWorkflowCompleted, terminated.RunID: latch.EventWorkflowTerminated},
		time.Time{})

	require.Eventually(b, func() bool { return l.hintsOf(id) >= 2 }, patience, tick, "the API has told the watch of each run")
	require.Eventually(b, func() bool { return l.looksOf(id) == 1 }, patience, tick, "looks that a hint cut short have ended")
	link := fmt.Sprintf("temporal:///namespaces/default/workflows/%s/%s/history?eventID=1&eventType=WorkflowExecutionStarted"+
		"&referenceType=EventReference", completed.WorkflowID, completed.RunID)
	forged := s.callOnce("POST", completion.Path, "", completion.TokenHeader, "forged",
		"Nexus-Link", "<"+link+`>; type="temporal.api.common.v1.Link.WorkflowEvent"`)
	require.Equal(b, http.StatusUnauthorized, forged.status, forged.body)
	require.False(b, strings.Contains(s.process.Stderr.String(), "refuses completion callbacks"))
	l.keepOne("watch-hinted", latch.PrefixWatch+id)
}

// looksOf counts the activities of a watch that have not ended. None may fail.
func (l *lane) looksOf(watch string) (looks int) {
	l.Helper()
	for _, event := range l.recorded(latch.PrefixWatch+watch, "").GetEvents() {
		switch event.GetEventType() {
		case enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			looks++
		case enums.EVENT_TYPE_ACTIVITY_TASK_COMPLETED, enums.EVENT_TYPE_ACTIVITY_TASK_CANCELED:
			looks--
		case enums.EVENT_TYPE_ACTIVITY_TASK_FAILED, enums.EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT:
			l.Fatal(event)
		}
	}
	return looks
}

// hintsOf counts the hints that have reached the workflow of a watch.
func (l *lane) hintsOf(watch string) (hints int) {
	l.Helper()
	for _, event := range l.recorded(latch.PrefixWatch+watch, "").GetEvents() {
		if event.GetWorkflowExecutionSignaledEventAttributes().GetSignalName() == protocol.SignalWatchHinted {
			hints++
		}
	}
	return hints
}
