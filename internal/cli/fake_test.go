package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// newTemporal returns a Temporal with a running release for each workflow id.
func newTemporal(workflowIDs ...string) *runstest.Temporal {
	temporal := &runstest.Temporal{Now: runstest.Midnight, RunIDs: func(n int) string { return fmt.Sprintf("run-%d", n+1) }}
	for _, id := range workflowIDs {
		temporal.Add(id, latch.WorkflowRelease, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING).Info.TaskQueue = "mine"
	}
	return temporal
}

// answering makes the first run of a Temporal answer queries by their names.
func answering(temporal *runstest.Temporal, answer func(query string) (string, error)) *runstest.Temporal {
	temporal.Runs[0].Answer = func(query string) (any, error) {
		text, err := answer(query)
		return json.RawMessage(text), err
	}
	return temporal
}

// always answers every query with the same text.
func always(answer string, err error) func(string) (string, error) {
	return func(string) (string, error) { return answer, err }
}

// updating makes each run of a Temporal answer updates. An empty answer has no result.
func updating(temporal *runstest.Temporal, answer string, err error) *runstest.Temporal {
	for _, run := range temporal.Runs {
		run.Update = func(client.UpdateWorkflowOptions) (any, error) {
			if answer == "" {
				return nil, err
			}
			return json.RawMessage(answer), err
		}
	}
	return temporal
}

// closing makes the first run of a Temporal close with the event.
func closing(temporal *runstest.Temporal, status enumspb.WorkflowExecutionStatus, event *historypb.HistoryEvent) *runstest.Temporal {
	temporal.Runs[0].Info.Status, temporal.Runs[0].Closed = status, event
	return temporal
}

// payloads encodes JSON as a run's result or details. It returns nil for "".
func payloads(text string) *commonpb.Payloads {
	if text == "" {
		return nil
	}
	return runstest.Payloads(json.RawMessage(text))
}

// command is one run of the command line.
type command struct {
	*program
	stdout, stderr *bytes.Buffer
}

func newCommand(stdin string, temporal *runstest.Temporal) *command {
	c := &command{stdout: new(bytes.Buffer), stderr: new(bytes.Buffer)}
	c.program = &program{env: env{
		out: &output.Printer{In: strings.NewReader(stdin), Out: c.stdout, Err: c.stderr},
		dial: func(context.Context) (*backend.Connection, error) {
			if temporal == nil {
				return nil, failure.New(failure.Unreachable, "cannot reach Temporal at 127.0.0.1:7233")
			}
			return &backend.Connection{Client: temporal, Namespace: "default", DataConverter: converter.GetDefaultDataConverter()}, nil
		},
		pollInterval: time.Millisecond,
		userName:     func() string { return "ada" },
	}}
	return c
}

func (c *command) start(args ...string) int { return c.program.run(context.Background(), args) }

// execute runs the command line on a fake Temporal and returns exit code, standard output and
// standard error.
func execute(stdin string, temporal *runstest.Temporal, args ...string) (int, string, string) {
	c := newCommand(stdin, temporal)
	code := c.start(args...)
	return code, c.stdout.String(), c.stderr.String()
}

// object reads standard output, which must be exactly one JSON value.
func object(t *testing.T, out string) map[string]any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(out))
	var value map[string]any
	require.NoError(t, decoder.Decode(&value), out)
	_, err := decoder.Token()
	require.ErrorIs(t, err, io.EOF, out)
	return value
}
