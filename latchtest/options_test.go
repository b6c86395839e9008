package latchtest_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/latchtest"
	"github.com/latch-run/latch/plugin"
)

// Secrets sign and are sent as in production, and appear in nothing that is kept.
func TestSecretsAreMasked(t *testing.T) {
	t.Parallel()
	hooks, env := setup(t, latchtest.Options{Plugin: plugin.Options{
		Secrets:     map[string]string{"board": "hunter2-hunter2", "token": "t0ken-of-the-board"},
		SecretHosts: map[string][]string{"board": {"board.example.com"}},
	}})
	hooks.On("board", "RELEASE_SUCCESS").Answer(200, `{"echo": "hunter2-hunter2"}`)
	release(t, env, `[
		{"id": "board", "url": "https://board.example.com", "event": "RELEASE_SUCCESS",
			"secret": "board", "header_secrets": {"X-Token": "token"}},
		{"id": "thief", "url": "https://thief.example.com", "secret": "board", "event": "RELEASE_SUCCESS"}]`)
	board := hooks.RequireDelivered("board", "RELEASE_SUCCESS")
	sent := board.Requests[0]
	require.NotEmpty(t, sent.Header.Get("Webhook-Signature"))
	require.Equal(t, "***", sent.Header.Get("X-Latch-Secret"))
	require.Equal(t, "***", sent.Header.Get("X-Token"))
	require.Contains(t, sent.Body, `"secret":"***"`)
	kept, err := json.Marshal(board)
	require.NoError(t, err)
	require.NotContains(t, string(kept), "hunter2")
	require.NotContains(t, string(kept), "t0ken")
	thief := hooks.RequireFired("thief", "RELEASE_SUCCESS")
	require.Empty(t, thief.Requests)
	require.False(t, thief.Arrived())
	require.Contains(t, thief.Error, "thief.example.com")
	require.Error(t, thief.Decode(new(any)))
	require.Empty(t, thief.Body())
}

// A token's request is answered with a token, unless a script says otherwise.
func TestOAuth2Tokens(t *testing.T) {
	t.Parallel()
	const webhooks = `[{
		"id": "board", "url": "https://board.example.com", "event": "RELEASE_SUCCESS", "retry": {"maximum_attempts": 2},
		"auth": {"oauth2": {
			"token_url": "https://login.example.com/token", "client_id": "latch", "client_secret": "client"
		}}
	}]`
	options := latchtest.Options{Plugin: plugin.Options{Secrets: map[string]string{"client": "s3cret-s3cret"}}}
	t.Run("by itself", func(t *testing.T) {
		t.Parallel()
		hooks, env := setup(t, options)
		release(t, env, webhooks)
		board := hooks.RequireDelivered("board", "RELEASE_SUCCESS")
		require.Len(t, board.Requests, 1)
		require.NotEmpty(t, board.Requests[0].Header.Get("Authorization"))
		require.Equal(t, "https://login.example.com/token", hooks.Requests()[1].URL)
		require.NotContains(t, hooks.Requests()[1].Header.Get("Authorization"), "s3cret")
	})
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		hooks, env := setup(t, options)
		hooks.OnURL("https://login.example.com/token").Answer(401, `{"error": "invalid_client"}`)
		release(t, env, webhooks)
		board := hooks.RequireFired("board", "RELEASE_SUCCESS")
		require.Empty(t, board.Requests)
		require.Contains(t, board.Error, "invalid_client")
	})
}

// Registered webhooks apply as in production, and so do registered jobs.
func TestWhatIsRegistered(t *testing.T) {
	t.Parallel()
	gate := latch.RegisteredWebhook{Enforced: true, When: "vars.environment == 'production'", Webhook: latch.Webhook{
		ID: "policy", URL: "https://policy.example.com", Events: []latch.Event{{Event: "SHIPPING"}, {Event: "JOB_SUCCESS"}}}}
	options := latchtest.Options{
		Webhooks: []latch.RegisteredWebhook{gate},
		Jobs:     []latch.Job{{ID: "backup", Task: &latch.Task{HTTP: &latch.HTTPTask{URL: "https://backup.example.com"}}}},
	}
	t.Run("a webhook", func(t *testing.T) {
		t.Parallel()
		hooks, env := setup(t, options)
		hooks.On("policy", "JOB_SUCCESS").Answer(503, "").Answer(200, "")
		env.ExecuteWorkflow(latch.WorkflowJobRun, json.RawMessage(`{"id": "import", "vars": {"environment": "production"},
			"task": {"http": {"url": "https://shop.example.com"}}}`))
		require.NoError(t, env.GetWorkflowError())
		require.Len(t, hooks.RequireDelivered("policy", "JOB_SUCCESS").Requests, 2)
	})
	t.Run("a webhook that does not apply", func(t *testing.T) {
		t.Parallel()
		hooks, env := setup(t, options)
		env.ExecuteWorkflow(latch.WorkflowJobRun, json.RawMessage(`{"id": "import", "vars": {"environment": "test"},
			"task": {"http": {"url": "https://shop.example.com"}}}`))
		require.NoError(t, env.GetWorkflowError())
		hooks.RequireNotFired("policy", "JOB_SUCCESS")
	})
	t.Run("an enforced webhook is nobody's to replace", func(t *testing.T) {
		t.Parallel()
		_, env := setup(t, options)
		env.ExecuteWorkflow(latch.WorkflowJobRun, json.RawMessage(`{"id": "import",
			"task": {"http": {"url": "https://shop.example.com"}},
			"webhooks": [{"id": "policy", "event": "JOB_SUCCESS", "url": "https://mine.example.com"}]}`))
		require.ErrorContains(t, env.GetWorkflowError(), "policy")
	})
	t.Run("a job of a sequence", func(t *testing.T) {
		t.Parallel()
		hooks, env := setup(t, options)
		hooks.OnURL("https://backup.example.com").Answer(200, "")
		env.ExecuteWorkflow(latch.WorkflowJobRun, json.RawMessage(`{"id": "night", "jobs": ["backup"]}`))
		require.NoError(t, env.GetWorkflowError())
	})
	t.Run("a job that is triggered", func(t *testing.T) {
		t.Parallel()
		hooks, env := setup(t, options)
		hooks.OnURL("https://backup.example.com").Answer(200, "")
		env.ExecuteWorkflow(latch.WorkflowTrigger, json.RawMessage(`{"id": "backup"}`))
		require.NoError(t, env.GetWorkflowError())
	})
	t.Run("a job that is not", func(t *testing.T) {
		t.Parallel()
		_, env := setup(t, options)
		env.ExecuteWorkflow(latch.WorkflowJobRun, json.RawMessage(`{"id": "night", "jobs": ["backup", "restore"]}`))
		require.ErrorContains(t, env.GetWorkflowError(), `jobs[1]: "restore" names no registered job`)
	})
}

// Invalid options end the test at once, and all of them are reported.
func TestOptionsThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		options latchtest.Options
		says    string
	}{
		"of the plugin": {latchtest.Options{Plugin: plugin.Options{APIURL: "latch.example.com"}}, "APIURL"},
		"a webhook": {latchtest.Options{Webhooks: []latch.RegisteredWebhook{{Webhook: latch.Webhook{ID: "a",
			Events: []latch.Event{{Event: "SHIPPING", When: "1 +", Blocking: true}}}}}}, `Webhooks[0] ("a"): events[0].when`},
		"a job": {latchtest.Options{Jobs: []latch.Job{{ID: "backup"}}}, `Jobs[0] ("backup")`},
		"the plugin twice": {latchtest.Options{Worker: worker.Options{
			Plugins: []worker.Plugin{plugin.New(plugin.Options{})}}}, "Options.Plugin"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			failures := try(func(ft latchtest.T, env *testsuite.TestWorkflowEnvironment) {
				latchtest.NewWithOptions(ft, env, test.options)
				t.Error("the test went on")
			})
			failsWith(t, failures, test.says)
		})
	}
}

// The worker's own options apply in addition to Latch's.
func TestWorkerOptions(t *testing.T) {
	t.Parallel()
	counting := &counter{}
	hooks, env := setup(t, latchtest.Options{Worker: worker.Options{
		Interceptors: []interceptor.WorkerInterceptor{counting}}})
	release(t, env, `[{"id": "board", "url": "https://board.example.com", "event": "RELEASE_SUCCESS"}]`)
	require.Equal(t, 1, counting.workflows)
	hooks.RequireDelivered("board", "RELEASE_SUCCESS")
}

type counter struct {
	interceptor.WorkerInterceptorBase
	workflows int
}

func (c *counter) InterceptWorkflow(
	_ workflow.Context, next interceptor.WorkflowInboundInterceptor,
) interceptor.WorkflowInboundInterceptor {
	c.workflows++
	return next
}

// A lock's link, its signature and search attributes are the same as in the worker.
func TestPluginOptions(t *testing.T) {
	t.Parallel()
	hooks, env := setup(t, latchtest.Options{Plugin: plugin.Options{APIURL: "https://latch.example.com", LockLinks: true,
		LinkKey: []byte("0123456789abcdef"), SearchAttributes: true, Environment: "test"}})
	hooks.On("gate", "BEFORE_RELEASE").Release(latch.LockRelease{})
	release(t, env, `[{"id": "gate", "url": "https://gate.example.com", "body": {"open": "${lock_url} ${system.environment}"},
		"events": [{"event": "BEFORE_RELEASE", "blocking": true}]}]`)
	gate := hooks.RequireDelivered("gate", "BEFORE_RELEASE")
	require.Regexp(t, `"open":"https://latch\.example\.com/.*gate.* test"`, gate.Body())
	require.Contains(t, gate.Body(), gate.Lock.URL)
}

// The worker's data in a body does not depend on the machine.
func TestSystemIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	for want, options := range map[string]plugin.Options{
		"latch.test":        {},
		"worker.example":    {FQDN: "worker.example"},
		"latch.example.com": {APIURL: "https://latch.example.com"},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			hooks, env := setup(t, latchtest.Options{Plugin: options})
			release(t, env, `[{"id": "board", "url": "https://board.example.com", "event": "RELEASE_SUCCESS",
				"body": "${system.fqdn}", "content_type": "text/plain"}]`)
			require.Equal(t, want, hooks.RequireDelivered("board", "RELEASE_SUCCESS").Body())
		})
	}
}
