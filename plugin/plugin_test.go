package plugin_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/plugin"
)

// All problems of the options are reported at once, by Err and by the client that is given the
// plugin.
func TestBadOptions(t *testing.T) {
	t.Parallel()
	p := plugin.New(plugin.Options{
		EgressAllow: []string{"10.0.0.0/99"},
		EgressProxy: "gopher://proxy",
		Secrets:     map[string]string{"no name": "value-of-it"},
		APIURL:      "latch.example.com",
	})
	for _, part := range []string{"10.0.0.0/99", "EGRESS_PROXY", "no name", "latch.example.com"} {
		require.ErrorContains(t, p.Err(), part)
	}
	require.NotContains(t, p.Err().Error(), "value-of-it", "a secret's value stands in no error")
	_, err := client.NewLazyClient(client.Options{Plugins: []client.Plugin{p}})
	require.ErrorContains(t, err, "10.0.0.0/99")
	require.NoError(t, plugin.New(plugin.Options{}).Err(), "the zero options are good")
}

// The plugin does not change the user's data converter and interceptors, and adds its own
// interceptor once, however often it is called.
func TestLeavesTheUsersOptionsAlone(t *testing.T) {
	t.Parallel()
	p := plugin.New(plugin.Options{})
	own := &struct {
		interceptor.WorkerInterceptorBase
	}{}
	options := worker.Options{Interceptors: []interceptor.WorkerInterceptor{own}}
	configure := worker.PluginConfigureWorkerOptions{WorkerOptions: &options,
		WorkerRegistryOptions: &worker.PluginConfigureWorkerRegistryOptions{}}
	require.NoError(t, p.ConfigureWorker(context.Background(), configure))
	require.NoError(t, p.ConfigureWorker(context.Background(), configure))
	require.Len(t, options.Interceptors, 2)
	require.Same(t, own, options.Interceptors[0])

	codec := converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), converter.NewZlibCodec(converter.ZlibCodecOptions{}))
	clientOptions := client.Options{DataConverter: codec}
	require.NoError(t, p.ConfigureClient(context.Background(), client.PluginConfigureClientOptions{ClientOptions: &clientOptions}))
	require.Same(t, codec, clientOptions.DataConverter)
	require.Nil(t, clientOptions.FailureConverter)
	require.Empty(t, clientOptions.Interceptors)
}

// The zero options allow neither private addresses nor commands, and have no secrets.
func TestZeroOptionsAreSafe(t *testing.T) {
	t.Parallel()
	called := false
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called = true }))
	t.Cleanup(server.Close)
	for name, test := range map[string]struct{ task, says string }{
		"loopback": {`{"http":{"url":"` + server.URL + `"}}`, "LATCH_EGRESS_ALLOW"},
		"command":  {`{"command":{"argv":["true"]}}`, "LATCH_ALLOW_COMMANDS"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := environment(t, plugin.New(plugin.Options{}))
			env.ExecuteWorkflow(latch.WorkflowJobRun, json.RawMessage(`{"id":"j","task":`+test.task+`}`))
			var application *temporal.ApplicationError
			require.ErrorAs(t, env.GetWorkflowError(), &application)
			require.Equal(t, latch.ErrorJobFailed, application.Type())
			require.Contains(t, application.Message(), test.says)
		})
	}
	t.Run("secret", func(t *testing.T) {
		t.Parallel()
		env := environment(t, plugin.New(plugin.Options{EgressAllow: []string{"127.0.0.1"}}))
		env.ExecuteWorkflow(latch.WorkflowEmit,
			json.RawMessage(`{"event":"DEPLOYED","webhooks":[{"id":"w","url":"`+server.URL+`","secret":"board-key","event":"DEPLOYED"}]}`))
		require.NoError(t, env.GetWorkflowError())
		var result latch.EmissionResult
		require.NoError(t, env.GetWorkflowResult(&result))
		require.Contains(t, result.History[0].Error, "board-key")
		require.False(t, called)
	})
}

// One plugin serves several workers, one after another and concurrently.
func TestServesSeveralWorkers(t *testing.T) {
	t.Parallel()
	p := plugin.New(plugin.Options{})
	for range 3 {
		env := environment(t, p)
		env.ExecuteWorkflow(latch.WorkflowEmit, json.RawMessage(`{"event":"DEPLOYED"}`))
		require.NoError(t, env.GetWorkflowError())
	}
}

// A worker that runs only activities accepts the plugin, even through its client.
func TestServesAWorkerWithoutWorkflows(t *testing.T) {
	t.Parallel()
	p := plugin.New(plugin.Options{})
	c, err := client.NewLazyClient(client.Options{Plugins: []client.Plugin{p}})
	require.NoError(t, err)
	defer c.Close()
	options := worker.Options{DisableWorkflowWorker: true}
	w := worker.New(c, "queue", options)
	const key = "instance"
	require.NoError(t, p.ConfigureWorker(t.Context(), worker.PluginConfigureWorkerOptions{WorkerInstanceKey: key, WorkerOptions: &options}))
	started := false
	err = p.StartWorker(t.Context(), worker.PluginStartWorkerOptions{WorkerInstanceKey: key, WorkerRegistry: w},
		func(context.Context, worker.PluginStartWorkerOptions) error {
			started = true
			return nil
		})
	require.NoError(t, err)
	require.True(t, started)
}

func environment(t *testing.T, p *plugin.Plugin) *testsuite.TestWorkflowEnvironment {
	t.Helper()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(hang.Limit)
	env.SetWorkerOptions(worker.Options{Plugins: []worker.Plugin{p}})
	return env
}
