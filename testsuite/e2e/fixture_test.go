package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/testsuite/freeport"
	"github.com/latch-run/latch/testsuite/process"
	"github.com/latch-run/latch/testsuite/receiver"
)

var dialer net.Dialer

var discard = slog.New(slog.NewTextHandler(io.Discard, nil))

// A bench is one test's own task queue with a worker process, and a receiver.
type bench struct {
	*testing.T
	ctx    context.Context
	queue  string
	worker *process.Process
	// serving are the processes of the API.
	serving  []*process.Process
	health   string
	receiver *receiver.Receiver
	settings map[string]string
	// own is the client of a test's own Temporal server.
	own client.Client
}

// temporal returns the client of the bench's Temporal server.
func (b *bench) temporal() client.Client {
	if b.own != nil {
		return b.own
	}
	return shared.client
}

// setup starts a worker on the test's own queue. Settings are variables of its environment.
func setup(t *testing.T, settings ...string) *bench {
	t.Helper()
	b := &bench{T: t, ctx: hang.Context(t), queue: strings.ReplaceAll(t.Name(), "/", "-"), receiver: receiver.New(t),
		settings: map[string]string{}}
	for i := 0; i+1 < len(settings); i += 2 {
		b.settings[settings[i]] = settings[i+1]
	}
	b.startWorker()
	t.Cleanup(b.diagnose)
	return b
}

// startWorker starts a worker process, for example after another was killed.
func (b *bench) startWorker() {
	b.Helper()
	b.health = freeAddress(b.T)
	env := []string{
		"TEMPORAL_ADDRESS=" + shared.server.FrontendHostPort,
		"LATCH_TASK_QUEUE=" + b.queue,
		"LATCH_HEALTH_ADDR=" + b.health,
		"LATCH_EGRESS_ALLOW=127.0.0.1",
		"LATCH_DRAIN_TIMEOUT=5s",
		hang.SDKVariable + "=1",
	}
	for name, value := range b.settings {
		env = append(env, name+"="+value)
	}
	b.worker = process.Start(b.T, process.Command{Path: shared.workerPath, Env: env})
	require.NoError(b, b.worker.AwaitReady(b.ctx, "http://"+b.health+"/readyz"), b.worker.Stderr.String())
}

// freeAddress returns an address on loopback that nothing else uses, now or later.
func freeAddress(t *testing.T) string {
	t.Helper()
	address, err := freeport.Address()
	require.NoError(t, err)
	return address
}

// start starts a workflow with JSON, like a service in any language.
func (b *bench) start(workflow, id, input string) client.WorkflowRun {
	b.Helper()
	run, err := shared.client.ExecuteWorkflow(b.ctx,
		client.StartWorkflowOptions{ID: id + "-" + b.queue, TaskQueue: b.queue}, workflow, json.RawMessage(input))
	require.NoError(b, err)
	return run
}

// history queries a run's records.
func (b *bench) history(id string) []latch.Record {
	b.Helper()
	var records []latch.Record
	b.query(id, latch.QueryHistory, &records)
	return records
}

func (b *bench) status(id string) latch.Status {
	b.Helper()
	var status latch.Status
	b.query(id, latch.QueryStatus, &status)
	return status
}

// query queries a run, once it exists: a child may not have begun.
func (b *bench) query(id, name string, into any) {
	b.Helper()
	value, err := shared.client.QueryWorkflow(b.ctx, id, "", name)
	var missing *serviceerror.NotFound
	for ticker := time.Tick(tick); errors.As(err, &missing) && b.ctx.Err() == nil; <-ticker {
		value, err = shared.client.QueryWorkflow(b.ctx, id, "", name)
	}
	require.NoError(b, err)
	require.NoError(b, value.Get(into))
}

// splitPort splits a loopback address.
func splitPort(address string) (host string, port int, err error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	port, err = strconv.Atoi(text)
	return host, port, err
}

// starterAt applies a job to a test's own Temporal server.
func (b *bench) starterAt(address, job string) process.Result {
	b.Helper()
	result, err := process.Run(b.ctx, process.Command{Path: shared.starterPath, Args: []string{"job", "apply", "-"},
		Stdin: strings.NewReader(strings.ReplaceAll(job, "{R}", b.receiver.URL)),
		Env:   []string{"TEMPORAL_ADDRESS=" + address, "LATCH_TASK_QUEUE=" + b.queue}})
	require.NoError(b, err)
	return result
}
