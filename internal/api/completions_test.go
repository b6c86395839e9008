package api_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/closes"
	"github.com/latch-run/latch/internal/completion"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// A calledBack is an API whose runs carry callbacks, with one watch.
type calledBack struct {
	*testing.T
	temporal *runstest.Temporal
	handler  http.Handler
	log      bytes.Buffer
}

func newCalledBack(t *testing.T) *calledBack {
	t.Helper()
	c := &calledBack{T: t, temporal: apitest.Temporal()}
	keys, err := api.ParseKeys(apitest.Keys)
	require.NoError(t, err)
	c.handler = apitest.New(t, c.temporal, api.Options{Keys: keys, CompletionURL: "http://latch.internal:7127",
		Logger: slog.New(slog.NewTextHandler(&c.log, nil))})
	got := apitest.Call(c.handler, "PUT", "/latch/v1/watches/payments", paymentsWatch, "X-API-Key", "admin")
	require.Equal(t, 200, got.Code, got.Body)
	return c
}

// begin starts a release, and returns its run with the token of its callback.
func (c *calledBack) begin(id string) (run *runstest.Run, token string) {
	c.Helper()
	before := len(c.temporal.Starts)
	got := apitest.Call(c.handler, "POST", "/latch/v1/releases", release(id), "X-API-Key", "run")
	require.Equal(c, 201, got.Code, got.Body)
	callbacks := c.temporal.Starts[before].GetCompletionCallbacks()
	require.Len(c, callbacks, 1)
	require.Equal(c, "http://latch.internal:7127"+completion.Path, callbacks[0].GetNexus().GetUrl())
	return c.temporal.Runs[0], callbacks[0].GetNexus().GetHeader()[completion.TokenHeader]
}

// end closes a run.
func end(run *runstest.Run) {
	run.Info.Status, run.Closed = enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED, runstest.Terminated("by hand")
	run.Info.CloseTime = run.Info.GetStartTime()
}

// complete sends what Temporal's server sends for a run.
func (c *calledBack) complete(run *runstest.Run, token string) *httptest.ResponseRecorder {
	return apitest.Call(c.handler, "POST", completion.Path, `"a result"`, completion.TokenHeader, token, "Nexus-Operation-State", "succeeded",
		"Nexus-Link", linkTo(run))
}

// linkTo is the link to a run in what Temporal's server sends.
func linkTo(run *runstest.Run) string {
	execution := run.Info.GetExecution()
	return `<temporal:///namespaces/default/workflows/` + execution.GetWorkflowId() + `/` + execution.GetRunId() +
		`/history?eventID=1&eventType=WorkflowExecutionStarted&referenceType=EventReference>; type="temporal.api.common.v1.Link.WorkflowEvent"`
}

// hinted returns the runs of the last hint.
func (c *calledBack) hinted() []closes.Hint {
	c.Helper()
	require.NotEmpty(c, c.temporal.Signalled)
	last := c.temporal.Signalled[len(c.temporal.Signalled)-1]
	require.Equal(c, latch.PrefixWatch+"payments", last.GetWorkflowExecution().GetWorkflowId())
	require.Equal(c, protocol.SignalWatchHinted, last.GetSignalName())
	var hint protocol.WatchHint
	require.NoError(c, converter.GetDefaultDataConverter().FromPayloads(last.GetInput(), &hint))
	return hint.Runs
}

// Temporal's word that a run has closed reaches the watches before it is answered.
func TestACompletionReachesTheWatches(t *testing.T) {
	t.Parallel()
	c := newCalledBack(t)
	run, token := c.begin("a")
	end(run)
	got := c.complete(run, token)
	require.Equal(t, 200, got.Code, got.Body)
	require.Equal(t, []closes.Hint{{RunID: run.Info.GetExecution().GetRunId(), Closed: run.Info.GetCloseTime().AsTime()}}, c.hinted())
}

// A run that is not listed yet is waited for. If it is not listed for long, the watches learn of it
// all the same, as long as Temporal's record says that it has closed.
func TestACompletionOfARunThatIsNotListed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCalledBack(t)
		late, lateToken := c.begin("late")
		goesOn, goesOnToken := c.begin("goes-on")
		late.Unlisted, goesOn.Unlisted = true, true
		end(late)
		require.Equal(t, 200, c.complete(late, lateToken).Code)
		require.Equal(t, []closes.Hint{{RunID: late.Info.GetExecution().GetRunId(), Closed: late.Info.GetCloseTime().AsTime()}}, c.hinted())
		require.Equal(t, 200, c.complete(goesOn, goesOnToken).Code)
		require.Len(t, c.temporal.Signalled, 1, "it was not closed")
	})
}

// A caller without the token of the run's workflow learns and changes nothing.
func TestForgedCompletions(t *testing.T) {
	t.Parallel()
	c := newCalledBack(t)
	run, _ := c.begin("a")
	_, other := c.begin("b")
	end(run)
	for _, token := range []string{"", "nonsense", other} {
		apitest.ProblemOf(t, c.complete(run, token), 401)
	}
	got := apitest.Call(c.handler, "POST", completion.Path, "", completion.TokenHeader, other)
	require.Contains(t, apitest.ProblemOf(t, got, 400).Detail, "Nexus-Link: required")
	require.Empty(t, c.temporal.Signalled)
	require.NotContains(t, c.log.String(), other)
}

// Temporal calls again where the watches cannot be told.
func TestACompletionThatCannotBeTold(t *testing.T) {
	t.Parallel()
	c := newCalledBack(t)
	run, token := c.begin("a")
	end(run)
	c.temporal.ListError = serviceerror.NewPermissionDenied("not now", "")
	apitest.ProblemOf(t, c.complete(run, token), 503)
	c.temporal.ListError = nil
	require.Equal(t, 200, c.complete(run, token).Code)
	require.Len(t, c.hinted(), 1)
}

// A server that refuses callbacks starts runs all the same, and the log says so once.
func TestAServerWithoutCallbacks(t *testing.T) {
	t.Parallel()
	c := newCalledBack(t)
	c.temporal.CallbackError = serviceerror.NewInvalidArgument("invalid url: url does not match any configured callback address: x")
	for _, id := range []string{"a", "b"} {
		got := apitest.Call(c.handler, "POST", "/latch/v1/releases", release(id), "X-API-Key", "run")
		require.Equal(t, 201, got.Code, got.Body)
		require.Empty(t, c.temporal.Starts[len(c.temporal.Starts)-1].GetCompletionCallbacks())
	}
	require.Equal(t, 1, strings.Count(c.log.String(), "callback.allowedAddresses"), c.log.String())
}

// Without the setting no run carries a callback, and none is taken.
func TestNoCompletions(t *testing.T) {
	t.Parallel()
	temporal := apitest.Temporal()
	handler := apitest.WithKeys(t, temporal)
	got := apitest.Call(handler, "POST", "/latch/v1/releases", release("a"), "X-API-Key", "run")
	require.Equal(t, 201, got.Code, got.Body)
	require.Empty(t, temporal.Starts[0].GetCompletionCallbacks())
	require.Contains(t, apitest.ProblemOf(t, apitest.Call(handler, "POST", completion.Path, ""), 404).Detail, "LATCH_COMPLETION_CALLBACK_URL")
}

// An API without keys takes completions from this machine, whatever the run returned.
func TestCompletionsWithoutKeys(t *testing.T) {
	t.Parallel()
	temporal := apitest.Temporal()
	c := &calledBack{T: t, temporal: temporal, handler: apitest.New(t, temporal, api.Options{CompletionURL: "http://latch.internal:7127/"})}
	run, token := c.begin("a")
	end(run)
	request := httptest.NewRequest("POST", completion.Path, strings.NewReader("a result"))
	request.Host = "127.0.0.1:7127"
	for name, value := range map[string]string{completion.TokenHeader: token, "Content-Type": "application/x-temporal-payload",
		"Nexus-Link": linkTo(run)} {
		request.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	c.handler.ServeHTTP(recorder, request)
	require.Equal(t, 200, recorder.Code, recorder.Body)
}

func release(id string) string {
	return `{"id":"` + id + `","steps":[{"name":"a","do":{"http":{"url":"https://example.com/"}}}]}`
}
