package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch/testsuite/server"
)

// Contract, "Watch": every close of many workflows that know nothing of Latch, in each of the
// six ways, is reported under one delivery id, although Temporal's server and the worker are
// restarted twice meanwhile.
func TestEveryCloseIsToldOverRestarts(t *testing.T) {
	t.Parallel()
	address := freeAddress(t)
	_, port, _ := splitPort(address)
	options := server.Options{DatabaseFile: t.TempDir() + "/temporal.db", FrontendPort: port}
	running, err := server.Start(t.Context(), options)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, running.Stop()) })
	b := setup(t, "TEMPORAL_ADDRESS", address)
	b.own, err = client.Dial(client.Options{HostPort: address, Logger: quiet()})
	require.NoError(t, err)
	t.Cleanup(b.own.Close)
	queue := b.shop()
	b.watch(fmt.Sprintf(`{"id":"restarts","query":"TaskQueue = '%s'","webhooks":[{"id":"log","url":"{R}/told","events":[
		{"event":"WORKFLOW_COMPLETED"},{"event":"WORKFLOW_FAILED"},{"event":"WORKFLOW_TIMED_OUT"},{"event":"WORKFLOW_CANCELED"},
		{"event":"WORKFLOW_TERMINATED"},{"event":"WORKFLOW_CONTINUED"}]}]}`, queue))
	expected := map[string]string{} // events by run
	began := time.Now()
	for part := range 3 {
		if part > 0 {
			require.NoError(t, b.worker.Kill())
			require.NoError(t, running.Stop())
			running, err = server.Start(t.Context(), options)
			require.NoError(t, err)
			b.startWorker()
		}
		b.endAll(queue, part**manyCloses/3, (part+1)**manyCloses/3, expected)
	}
	b.requireTold("/told", expected, began)
}
