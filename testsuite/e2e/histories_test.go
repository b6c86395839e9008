package e2e

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"
	enums "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"
	"google.golang.org/protobuf/encoding/protojson"

	"github.com/latch-run/latch/testsuite/process"
)

var recordHistories = flag.Bool("record", false, "keep the histories that are not yet in workflows/testdata (make histories)")

// maximumKept bounds a kept history, in bytes, because the repository contains all of them.
const maximumKept = 128 << 10

// keep replays the history of a run's last execution. With -record it also saves the history
// under workflows/testdata, unless a history of the same shape exists under the name. It never
// replaces a file, because histories of earlier versions must continue to replay.
func (l *lane) keep(name, id string) {
	l.Helper()
	history := l.recorded(id, "")
	l.replays(id, history)
	l.keepHistory(name, history)
}

func (l *lane) keepHistory(name string, history *historypb.History) {
	l.Helper()
	l.keepUnlike(name, history, shapeOf)
}

// keepOne is keep for a run whose commands depend on timing: of such runs, one with the name is
// enough for each set of changes.
func (l *lane) keepOne(name, id string) {
	l.Helper()
	history := l.recorded(id, "")
	l.replays(id, history)
	l.keepOnce(name, history)
}

// keepOnce is keepHistory for such a run. One that is too large is not kept.
func (l *lane) keepOnce(name string, history *historypb.History) {
	l.Helper()
	if !*recordHistories {
		return
	}
	if size := len(l.anonymous(history)); size > maximumKept {
		l.Logf("a history of %s has %d bytes and is not kept", name, size)
		return
	}
	l.keepUnlike(name, history, changesOf)
}

// keepUnlike saves the history with -record, unless one under the name has the same shape.
func (l *lane) keepUnlike(name string, history *historypb.History, shape func(*historypb.History) []string) {
	l.Helper()
	if !*recordHistories {
		return
	}
	root, err := process.ModuleDir(l.ctx, "github.com/latch-run/latch")
	require.NoError(l, err)
	file := filepath.Join(root, "workflows", "testdata", name)
	for n := 1; ; n++ {
		path := file + ".json"
		if n > 1 {
			path = fmt.Sprintf("%s-%d.json", file, n)
		}
		kept, err := os.Open(path)
		if os.IsNotExist(err) {
			text := l.anonymous(history)
			require.LessOrEqual(l, len(text), maximumKept, "a history that is kept is too large for the repository")
			require.NoError(l, os.WriteFile(path, text, 0o644))
			return
		}
		require.NoError(l, err)
		before, err := client.HistoryFromJSON(kept, client.HistoryJSONOptions{})
		require.NoError(l, kept.Close())
		require.NoError(l, err)
		if slices.Equal(shape(before), shape(history)) {
			return
		}
	}
}

// recorded reads a run's history, once it exists.
func (l *lane) recorded(id, runID string) *historypb.History {
	l.Helper()
	return l.recordedAt(shared.client, id, runID)
}

func (l *lane) recordedAt(c client.Client, id, runID string) *historypb.History {
	l.Helper()
	history := &historypb.History{}
	require.Eventually(l, func() bool {
		history.Events = nil
		iterator := c.GetWorkflowHistory(l.ctx, id, runID, false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
		for iterator.HasNext() {
			event, err := iterator.Next()
			require.NoError(l, err)
			history.Events = append(history.Events, event)
		}
		return len(history.Events) > 0
	}, patience, tick)
	return history
}

// replays fails the test if the history does not replay.
func (l *lane) replays(id string, history *historypb.History) {
	l.Helper()
	replayer, err := worker.NewWorkflowReplayerWithOptions(worker.WorkflowReplayerOptions{Plugins: []worker.Plugin{latchPlugin()}})
	require.NoError(l, err)
	replayer.RegisterWorkflowWithOptions(gates, workflow.RegisterOptions{Name: "gates"})
	replayer.RegisterWorkflowWithOptions(orders, workflow.RegisterOptions{Name: "Order"})
	require.NoError(l, replayer.ReplayWorkflowHistoryWithOptions(quiet(), history, worker.ReplayWorkflowHistoryOptions{
		OriginalExecution: workflow.Execution{ID: id},
	}))
}

// shapeOf returns the commands of a run, unordered: two runs of one version do the same, though
// not always at the same time. Timers are left out, because whether one is needed depends on
// how long others take.
func shapeOf(history *historypb.History) []string {
	var shape []string
	for _, event := range history.GetEvents() {
		command := event.GetEventType().String()
		switch event.GetEventType() {
		case enums.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED:
			command += " " + event.GetActivityTaskScheduledEventAttributes().GetActivityType().GetName()
		case enums.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED:
			command += " " + event.GetStartChildWorkflowExecutionInitiatedEventAttributes().GetWorkflowType().GetName()
		case enums.EVENT_TYPE_MARKER_RECORDED:
			command += " " + markerOf(event.GetMarkerRecordedEventAttributes())
		case enums.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES, enums.EVENT_TYPE_WORKFLOW_PROPERTIES_MODIFIED,
			enums.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED, enums.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
			enums.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED, enums.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW:
		default:
			continue
		}
		shape = append(shape, command)
	}
	slices.Sort(shape)
	return shape
}

// changesOf returns the changes that a run has asked for, each once.
func changesOf(history *historypb.History) []string {
	changes := slices.DeleteFunc(shapeOf(history), func(command string) bool { return !strings.Contains(command, "Version") })
	return slices.Compact(changes)
}

// markerOf names a marker by its content: a local activity's type, or a change.
func markerOf(marker *historypb.MarkerRecordedEventAttributes) string {
	about := marker.GetMarkerName()
	for _, payload := range marker.GetDetails()["data"].GetPayloads() {
		if found := localActivity.FindStringSubmatch(string(payload.GetData())); found != nil {
			about += " " + found[1]
		}
	}
	for _, payload := range marker.GetDetails()["change-id"].GetPayloads() {
		about += " " + string(payload.GetData())
	}
	return about
}

var localActivity = regexp.MustCompile(`"ActivityType":"([^"]+)"`)

// anonymous returns the history as JSON without the names of processes and hosts.
func (l *lane) anonymous(history *historypb.History) []byte {
	l.Helper()
	text, err := protojson.MarshalOptions{Multiline: true, Indent: " "}.Marshal(history)
	require.NoError(l, err)
	host, err := os.Hostname()
	require.NoError(l, err)
	text = regexp.MustCompile(`("identity": *)"[^"]*"`).ReplaceAll(text, []byte(`$1"worker"`))
	text = regexp.MustCompile(`"[0-9]*@?`+regexp.QuoteMeta(host)+`[:@][^"]*"`).ReplaceAll(text, []byte(`"sticky"`))
	return append(text, '\n')
}
