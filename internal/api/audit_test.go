package api_test

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/audit"
	"github.com/latch-run/latch/internal/lockpage"
	"github.com/latch-run/latch/internal/mitto/mittoapi"
	"github.com/latch-run/latch/internal/runs"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// An auditedAPI is an API with keys that has an audit.
type auditedAPI struct {
	http.Handler
	*audit.Recorder
	temporal *runstest.Temporal
	jobs     *apitest.Registry
}

func newAudited(t *testing.T, f *runstest.Temporal) *auditedAPI {
	t.Helper()
	keys, err := api.ParseKeys(apitest.Keys)
	require.NoError(t, err)
	all := runs.New(runs.Options{Client: f, Namespace: "default"})
	recorder := audit.NewRecorder(audit.Options{Log: audit.New(all, "latch"), Logger: slog.New(slog.DiscardHandler),
		Metrics: client.MetricsNopHandler})
	jobs := &apitest.Registry{}
	return &auditedAPI{apitest.New(t, f, api.Options{Keys: keys, Audit: recorder,
		Routes: apitest.Routes(mittoapi.Options{Registry: jobs}, lockpage.Options{})}), recorder, f, jobs}
}

// entries are those of the audit, with the refusals that wait.
func (a *auditedAPI) entries(t *testing.T) []latch.AuditEntry {
	t.Helper()
	require.NoError(t, a.Close(t.Context()))
	return a.temporal.Audited
}

// Contract, "Audit": an act says who did it, by which way, to what and why, and is there once it is
// answered. A call that changes nothing has no entry.
func TestActsAreAudited(t *testing.T) {
	t.Parallel()
	const token = "release-1:board:abc"
	record := latch.Record{DeliveryID: "dlv_1", RunID: "run-1", Event: latch.EventBeforeRelease, Lock: &latch.RecordLock{Token: token}}
	status := latch.Status{ID: "1", Status: latch.ReleaseRunning}
	for name, c := range map[string]struct {
		role, method, path, body string
		answer                   any
		want                     latch.AuditEntry
	}{
		"vote": {"lock", "POST", "/latch/v1/locks/" + token + "/release", `{"vote":"approve","reason":"fine"}`, record,
			latch.AuditEntry{Action: latch.AuditLockRelease, By: "board", Role: "lock", Target: "dlv_1",
				WorkflowID: "release-1", RunID: "run-1", Webhook: "board",
				Event: latch.EventBeforeRelease, Result: "approve", Reason: "fine"}},
		"stop": {"run", "POST", "/latch/v1/releases/1/stop", `{"reason":"too late"}`, status,
			latch.AuditEntry{Action: latch.AuditReleaseStop, By: "ci", Role: "run", WorkflowID: "release-1",
				RunID: "run-1", Reason: "too late"}},
		"rollback": {"run", "POST", "/latch/v1/releases/1/rollback", ``, status,
			latch.AuditEntry{Action: latch.AuditReleaseRollback, By: "ci", Role: "run", WorkflowID: "release-1", RunID: "run-1"}},
		"retry": {"run", "POST", "/latch/v1/releases/1/retry", `{"step":"deploy"}`, status,
			latch.AuditEntry{Action: latch.AuditReleaseRetry, By: "ci", Role: "run", WorkflowID: "release-1",
				RunID: "run-1", Step: "deploy"}},
		"skip": {"admin", "POST", "/latch/v1/releases/1/skip", `{"lock":"` + token + `","reason":"the board is down"}`, record,
			latch.AuditEntry{Action: latch.AuditReleaseSkip, By: "ann", Role: "admin", WorkflowID: "release-1",
				RunID: "run-1", Webhook: "board", Reason: "the board is down"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAudited(t, apitest.Running("release-1", apitest.Always(status, nil), apitest.AlwaysUpdated(c.answer, nil)))
			got := apitest.Call(a, c.method, c.path, c.body, "X-API-Key", c.role)
			require.Equal(t, 200, got.Code, got.Body)
			c.want.Outcome, c.want.Via, c.want.IdentifiedBy, c.want.Remote = latch.AuditDone, latch.ViaAPI, latch.IdentifiedByKey, "192.0.2.1"
			require.Equal(t, []latch.AuditEntry{c.want}, a.temporal.Audited)
		})
	}
}

// Contract, "Audit": starts of releases and jobs and changes of what is registered are acts; plans,
// previews, searches and the firing of events are not.
func TestWhatIsAnAct(t *testing.T) {
	t.Parallel()
	release := `{"id":"2","steps":[{"name":"a","do":{"http":{"url":"https://example.com/"}}}]}`
	job := `{"id":"night","type":"cmd","conf":{"cmd":"true"}}`
	for name, c := range map[string]struct {
		role, method, path, body string
		status                   int
		action, target, workflow string
	}{
		"start":      {"run", "POST", "/latch/v1/releases", release, 201, latch.AuditReleaseStart, "", "release-2"},
		"plan":       {"run", "POST", "/latch/v1/releases?plan=true", release, 200, "", "", ""},
		"foresee":    {"run", "POST", "/latch/v1/releases/plan", release, 200, "", "", ""},
		"dry run":    {"run", "POST", "/latch/v1/releases/dry-run", `{"release":` + release + `}`, 200, "", "", ""},
		"event":      {"run", "POST", "/latch/v1/events", `{"event":"DEPLOYED"}`, 201, "", "", ""},
		"create job": {"admin", "POST", "/v2/jobs", job, 201, latch.AuditJobCreate, "night", ""},
		"bulk": {"admin", "POST", "/v2/bulk/jobs",
			`[` + job + `,{"id":"day","type":"cmd","conf":{"cmd":"true"}}]`, 201, latch.AuditJobCreate, "night, day", ""},
		"search": {"read", "POST", "/v2/jobs/search?search=x", "", 200, "", "", ""},
		"webhook": {"admin", "PUT", "/latch/v1/webhooks/tower",
			`{"url":"https://example.com/","events":[{"event":"DEPLOYED"}]}`, 200, latch.AuditWebhookPut, "tower", ""},
		"watch": {"admin", "PUT", "/latch/v1/watches/late",
			`{"query":"WorkflowType='A'","webhooks":[{"id":"p","url":"https://example.com/","event":"WORKFLOW_FAILED"}]}`, 200, latch.AuditWatchPut, "late", ""},
		"freeze": {"admin", "PUT", "/latch/v1/freezes/xmas",
			`{"windows":[{"start":"0 18 20 12 *","end":"0 8 3 1 *"}]}`, 200, latch.AuditFreezePut, "xmas", ""},
		"mistake": {"run", "POST", "/latch/v1/releases", `{"id":2}`, 422, "", "", ""},
		"unknown": {"admin", "DELETE", "/v2/jobs/none", "", 404, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAudited(t, apitest.Temporal())
			got := apitest.Call(a, c.method, c.path, c.body, "X-API-Key", c.role)
			require.Equal(t, c.status, got.Code, got.Body)
			entries := a.entries(t)
			if c.action == "" {
				require.Empty(t, entries)
				return
			}
			require.Len(t, entries, 1)
			require.Equal(t, []string{c.action, latch.AuditDone, c.target, c.workflow},
				[]string{entries[0].Action, entries[0].Outcome, entries[0].Target, entries[0].WorkflowID})
		})
	}
}

// Contract, "Audit": unknown keys, roles that are too small and acts that a run refuses are there
// with the reason, counted where they are alike. A request without a key was refused none.
func TestRefusalsAreAudited(t *testing.T) {
	t.Parallel()
	const token = "release-1:board:abc"
	forbidden := temporal.NewNonRetryableApplicationError("eve may not vote about "+token, latch.ErrorForbidden, nil)
	a := newAudited(t, apitest.Running("release-1", apitest.Always(latch.Status{}, nil), apitest.AlwaysUpdated(nil, forbidden)))
	call := func(status int, path, key string) {
		t.Helper()
		got := apitest.Call(a, http.MethodPost, path, "", "X-API-Key", key)
		require.Equal(t, status, got.Code, got.Body)
	}
	for range 3 {
		call(401, "/latch/v1/releases/1/stop", "no-such-key-0123456789")
	}
	call(401, "/latch/v1/releases/1/stop", "")
	call(403, "/latch/v1/releases/1/stop", "read")
	for range 2 {
		call(403, "/latch/v1/locks/"+token+"/release", "lock")
	}
	require.Equal(t, 403, apitest.Call(a, http.MethodGet, "/latch/v1/audit", "", "X-API-Key", "run").Code)
	var told []string
	for _, entry := range a.entries(t) {
		told = append(told, strings.Join([]string{entry.Action, entry.By, entry.Outcome, entry.Error}, "|"))
		require.NotContains(t, entry.Error, token)
		require.NotContains(t, entry.Error, "no-such-key")
		require.Equal(t, map[string]int{"access": 3, "release.stopeye": 1, "lock.releaseboard": 2,
			"accessci": 1}[entry.Action+entry.By], entry.Count)
	}
	require.ElementsMatch(t, []string{"access||refused|Unknown API key.",
		"release.stop|eye|refused|The key eye has the role read; this route requires run.",
		"lock.release|board|refused|eve may not vote about ***",
		"access|ci|refused|The key ci has the role run; this route requires admin."}, told)
}

// Every route that may change something says which act it is.
func TestEveryChangeIsAnAct(t *testing.T) {
	t.Parallel()
	_, err := api.New(api.Options{Client: apitest.Temporal(), Routes: []api.Routes{func(a *api.API) {
		a.Handle(api.Operation{ID: "x", Method: http.MethodPost, Path: "/x", Role: api.RoleRun}, "/x",
			func(http.ResponseWriter, *http.Request) {})
	}}})
	require.ErrorContains(t, err, "POST /x (x) declares no act")
}
