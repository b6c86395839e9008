package cli

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/runs/runstest"
)

var began = time.Date(2026, 7, 1, 10, 0, 0, 0, time.UTC)

var boardsLock = latch.OpenLock{Token: "release-shop:board:r4nd", Webhook: "board", Event: "AFTER_STEP",
	Step: "deploy", Release: "shop", Title: "The shop",
	Since: latch.NewTime(began), Until: latch.NewTime(began.Add(4 * time.Hour)), OnTimeout: latch.Rollback}

const (
	releaseHeader = "ID\tTITLE\tSTATUS\tSTEP\tWAITS FOR\tSTARTED\tCLOSED\tREASON\n"
	waitingRow    = "shop\tThe shop\trunning\tdeploy\tboard at AFTER_STEP until 2026-07-01T14:00:00Z, then " +
		"rollback\t2026-07-01T10:00:00Z\t-\t-\n"
	lockHeader = "SINCE\tWEBHOOK\tEVENT\tOF\tTITLE\tUNTIL\tTHEN\tLOCK\n"
	boardsRow  = "2026-07-01T10:00:00Z\tboard\tAFTER_STEP (deploy)\trelease shop\tThe " +
		"shop\t2026-07-01T14:00:00Z\trollback\trelease-shop:board:r4nd\n"
	webhookHeader = "ID\tEVENTS\tURL\tWHEN\tENABLED\tENFORCED\tENDPOINT\tCHANGED\n"
)

// waitingTemporal has a release that waits for a lock.
func waitingTemporal(t *testing.T) *runstest.Temporal {
	t.Helper()
	temporal := newTemporal("release-shop")
	temporal.Runs[0].Info.StartTime = timestamppb.New(began)
	temporal.Runs[0].WaitsFor(boardsLock)
	lock := `{"token":"release-shop:board:r4nd","webhook":"board","event":"AFTER_STEP","step":"deploy","since":"2026-07-01T10:00:00Z",
		"until":"2026-07-01T14:00:00Z","on_timeout":"rollback"}`
	return answering(temporal, always(`{"id":"shop","title":"The shop","status":"running","phase":"waiting",
		"event":"AFTER_STEP","step":"deploy","locks":[`+lock+`],"rejected":[]}`, nil))
}

// Lists from Temporal are tables with a header, or JSON.
func TestListsOnTemporal(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, key, table string
		args             []string
	}{
		{"releases", "releases", releaseHeader + waitingRow, []string{"release", "list"}},
		{"releases of a status", "releases", releaseHeader + waitingRow,
			[]string{"release", "list", "--status", "running", "--since", "1h", "--limit", "1"}},
		{"locks", "locks", lockHeader + boardsRow, []string{"lock", "list"}},
		{"locks of a release", "locks", lockHeader + boardsRow,
			[]string{"lock", "list", "--release", "shop", "--webhook", "board", "--event", "AFTER_STEP"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			temporal := waitingTemporal(t)
			code, out, errors := execute("", temporal, test.args...)
			require.Equal(t, failure.ExitOK, code, errors)
			require.Equal(t, test.table, out)
			require.Empty(t, errors)
			require.True(t, temporal.Disconnected)
			code, out, _ = execute("", waitingTemporal(t), append(test.args, "-o", "json")...)
			require.Equal(t, failure.ExitOK, code)
			require.Len(t, object(t, out)[test.key], 1)
		})
	}
	code, out, _ := execute("", waitingTemporal(t), "lock", "list", "--job", "shop", "-o", "json")
	require.Equal(t, failure.ExitOK, code)
	require.JSONEq(t, `{"locks":[]}`, out, "none is an empty list")
	code, out, _ = execute("", newTemporal(), "release", "list", "-o", "json")
	require.Equal(t, failure.ExitOK, code)
	require.JSONEq(t, `{"releases":[]}`, out)
}

// Gates are listed alike over Temporal and over the API, with what they wait for or who decided.
func TestGateList(t *testing.T) {
	t.Parallel()
	const header = "ID\tEVENT\tSTATUS\tWAITS FOR\tDECIDED BY\tSTARTED\tCLOSED\tREASON\n"
	const lock = `{"token":"gate-4711:board:r4nd","webhook":"board","event":"DEPLOY","since":"2026-07-01T10:00:00Z",
		"until":"2026-07-01T14:00:00Z","on_timeout":"stop"}`
	const tests = `{"webhook":"tests","event":"DEPLOY","since":"2026-07-01T10:00:00Z",`
	const openRow = "4711\tDEPLOY\trunning\tboard at DEPLOY until 2026-07-01T14:00:00Z, then stop; " +
		"the answer of tests at DEPLOY\t-\t2026-07-01T10:00:00Z\t-\t-\n"
	const stoppedRow = "4712\tDEPLOY\tstopped\t-\twebhook tests at DEPLOY\t2026-07-01T09:00:00Z\t2026-07-01T10:00:00Z\t3 tests failed\n"
	temporal := &runstest.Temporal{Now: began}
	temporal.Add("gate-4711", latch.WorkflowGate, enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING)
	answering(temporal, always(`{"id":"4711","status":"running","phase":"waiting","event":"DEPLOY","locks":[`+lock+`],
		"undecided":[`+tests+`"waits_for":"answer"}],"rejected":[]}`, nil))
	stopped := temporal.Add("gate-4712", latch.WorkflowGate, enumspb.WORKFLOW_EXECUTION_STATUS_FAILED)
	stopped.Info.StartTime, stopped.Info.CloseTime = timestamppb.New(began.Add(-time.Hour)), timestamppb.New(began)
	stopped.Closed = runstest.Failed("no", latch.ErrorGateStopped, payloads(`{"id":"4712","event":"DEPLOY","status":"stopped","decision":"stop",
		"reason":"3 tests failed","decided_by":{"webhook":"tests","event":"DEPLOY"},"history":[]}`))
	code, out, errors := execute("", temporal, "gate", "list")
	require.Equal(t, failure.ExitOK, code, errors)
	require.Equal(t, header+openRow+stoppedRow, out)

	f := newAPI(t, map[string][]apiAnswer{
		"GET /latch/v1/gates?limit=100": {{200, `{"gates":[{"id":"4711","status":"running","event":"DEPLOY","locks":[` + lock + `],
			"waits_for":[{"webhook":"board","event":"DEPLOY","for":"lock","until":"2026-07-01T14:00:00Z","on_timeout":"stop"},
				` + tests + `"for":"answer"}],
			"workflow_id":"gate-4711","run_id":"run-1","started_at":"2026-07-01T10:00:00Z"}],"next_cursor":"two"}`}},
		"GET /latch/v1/gates?cursor=two&limit=99": {{200, `{"gates":[{"id":"4712","status":"stopped","event":"DEPLOY","reason":"3 tests failed",
			"decided_by":{"webhook":"tests","event":"DEPLOY"},"workflow_id":"gate-4712","run_id":"run-2",
			"started_at":"2026-07-01T09:00:00Z","closed_at":"2026-07-01T10:00:00Z"}]}`}},
		"GET /latch/v1/gates?limit=1&search=DEPLOY&status=stopped": {{200, `{"gates":[{"id":"4712","status":"stopped",
			"workflow_id":"gate-4712","run_id":"run-2"}],"next_cursor":"three"}`}},
	})
	require.Equal(t, header+openRow+stoppedRow, f.ok("", "gate", "list"))
	list := object(t, f.ok("", "gate", "list", "--status", "stopped", "--search", "DEPLOY", "--limit", "1", "-o", "json"))
	require.Len(t, list["gates"], 1)
	require.Equal(t, "three", list["next_cursor"])
}

// Below the locks stand the failed steps that wait for a choice.
func TestLockListHasPausedSteps(t *testing.T) {
	t.Parallel()
	temporal := waitingTemporal(t)
	temporal.Runs[0].PausesAt(latch.PausedStep{Release: "shop", Title: "The shop", Step: "migrate", Error: "exit\n1",
		Since: latch.NewTime(began)})
	code, out, errors := execute("", temporal, "lock", "list")
	require.Equal(t, failure.ExitOK, code, errors)
	require.Equal(t, lockHeader+boardsRow+"\nPAUSED SINCE\tSTEP\tOF\tTITLE\tERROR\n"+
		"2026-07-01T10:00:00Z\tmigrate\trelease shop\tThe shop\texit 1\n", out)
	code, out, _ = execute("", temporal, "lock", "list", "-o", "json")
	require.Equal(t, failure.ExitOK, code)
	require.Len(t, object(t, out)["paused"], 1)
	require.Len(t, object(t, out)["locks"], 1)
}

// A release that no worker answers for is listed with a warning.
func TestReleaseListOfASilentWorker(t *testing.T) {
	t.Parallel()
	temporal := answering(waitingTemporal(t), always("", serviceerror.NewDeadlineExceeded("no poller")))
	code, out, errors := execute("", temporal, "release", "list")
	require.Equal(t, failure.ExitOK, code)
	require.Equal(t, releaseHeader+
		"shop\tThe shop\trunning\t-\tboard at AFTER_STEP until 2026-07-01T14:00:00Z, then rollback\t2026-07-01T10:00:00Z\t-\t-\n", out)
	require.Contains(t, errors, "Warning: 1 release could not be asked")
}

// The API lists the same as Temporal, page by page up to the limit. The output says that
// entries are left out, and where they begin.
func TestListsByTheAPI(t *testing.T) {
	t.Parallel()
	const shop = `{"id":"shop","title":"The shop","status":"running","step":"deploy",
		"workflow_id":"release-shop","run_id":"run-1","started_at":"2026-07-01T10:00:00Z",
		"waits_for":[{"webhook":"board","event":"AFTER_STEP","since":"2026-07-01T10:00:00Z",
			"until":"2026-07-01T14:00:00Z","on_timeout":"rollback"}]}`
	const done = `{"id":"old","status":"stopped","reason":"enough","workflow_id":"release-old","run_id":"run-0",
		"started_at":"2026-07-01T09:00:00Z","closed_at":"2026-07-01T09:30:00Z"}`
	const doneRow = "old\t-\tstopped\t-\t-\t2026-07-01T09:00:00Z\t2026-07-01T09:30:00Z\tenough\n"
	f := newAPI(t, map[string][]apiAnswer{
		"GET /latch/v1/releases?limit=100": {
			{200, `{"releases":[` + shop + `],"next_cursor":"two"}`}},
		"GET /latch/v1/releases?cursor=two&limit=99": {
			{200, `{"releases":[],"next_cursor":"three"}`}},
		"GET /latch/v1/releases?cursor=three&limit=99": {{200, `{"releases":[` + done + `]}`}},
		"GET /latch/v1/releases?cursor=two&limit=1&since=2026-07-01T00%3A00%3A00Z&status=running": {
			{200, `{"releases":[` + shop + `],"next_cursor":"three"}`}},
		"GET /latch/v1/releases?limit=200": {
			{200, `{"releases":[` + shop + `,` + done + `]}`}},
		"GET /latch/v1/locks?limit=1000&release=shop": {{200, `{"locks":[` + boardsJSON + `]}`}},
		"GET /latch/v1/locks?limit=1": {
			{200, `{"locks":[` + boardsJSON + `],"next_cursor":"two","unread":2}`}},
		"GET /latch/v1/deliveries?cursor=two&failed=true&limit=1": {
			{200, `{"records":[` + lostDelivery + `],"runs":3,"next_cursor":"three"}`}},
		"GET /latch/v1/deliveries?failed=true&limit=200&since=2026-07-01T00%3A00%3A00Z&webhook=ab": {{200, `{"records":[],"runs":3}`}},
		"GET /latch/v1/deliveries?limit=200&outcome=settled":                                       {{200, `{"records":[],"runs":4}`}},
	})
	require.Equal(t, releaseHeader+waitingRow+doneRow, f.ok("", "release", "list"))
	require.Equal(t, releaseHeader+waitingRow+doneRow, f.ok("", "release", "list", "--limit", "0"))
	limited := []string{"release", "list", "--status", "running", "--since", "2026-07-01T00:00:00Z", "--limit", "1", "--cursor", "two"}
	code, out, errors := f.run("", limited...)
	require.Equal(t, failure.ExitOK, code)
	require.Equal(t, releaseHeader+waitingRow, out)
	require.Contains(t, errors, "There are more")
	list := object(t, f.ok("", append(limited, "-o", "json")...))
	require.Equal(t, "three", list["next_cursor"])
	require.Equal(t, true, list["more"])

	require.Equal(t, lockHeader+boardsRow, f.ok("", "lock", "list", "--release", "shop"))
	code, _, errors = f.run("", "lock", "list", "--limit", "1")
	require.Equal(t, failure.ExitOK, code)
	require.Contains(t, errors, "There are more")
	require.Contains(t, errors, "2 runs wait for what cannot be read")

	found := object(t, f.ok("", "deliveries", "list", "--failed", "--limit", "1", "--cursor", "two", "-o", "json"))
	require.Equal(t, "three", found["next_cursor"])
	require.Contains(t, f.ok("", "deliveries", "list", "--failed", "--webhook", "ab", "--since", "2026-07-01T00:00:00Z"),
		"TIME\tRESULT\tWEBHOOK")
	require.Contains(t, f.ok("", "deliveries", "list", "--outcome", "settled", "-o", "json"), `"runs": 4`)
}

const boardsJSON = `{"token":"release-shop:board:r4nd","webhook":"board","event":"AFTER_STEP","step":"deploy",
	"release":"shop","title":"The shop","since":"2026-07-01T10:00:00Z","until":"2026-07-01T14:00:00Z",
	"on_timeout":"rollback","workflow_id":"release-shop","run_id":"run-1","workflow_type":"latch.Release"}`

// Registered webhooks are listed with their events, and without credentials.
func TestWebhookList(t *testing.T) {
	t.Parallel()
	const rows = webhookHeader +
		"on-call\tJOB_FAILURE, BEFORE_RELEASE*\thttps://hooks.example.com/x?token=***\t'prod' in job.tags\tno\tyes\t-\t2026-07-01T10:00:00Z\n" +
		"person\tJOB_START*\t-\t-\tyes\tno\tworks\t2026-07-01T10:00:00Z\n" +
		"quiet\tJOB_SUCCESS\tsecret chat\t-\tyes\tno\tfailing since 2026-07-01T08:00:00Z\t2026-07-01T10:00:00Z\n" +
		"dead\tJOB_SUCCESS\tsecret chat\t-\tyes\tno\tdisabled since 2026-07-01T09:00:00Z, tried at 2026-07-01T11:00:00Z\t2026-07-01T10:00:00Z\n"
	disabled := false
	webhooks := []latch.RegisteredWebhook{
		{When: "'prod' in job.tags", Enforced: true,
			Webhook: latch.Webhook{ID: "on-call", URL: "https://hooks.example.com/x?token=s3cret", Enabled: &disabled,
				Events: []latch.Event{{Event: "JOB_FAILURE"}, {Event: "JOB_SUCCESS", Enabled: &disabled}, {Event: "BEFORE_RELEASE", Blocking: true}}}},
		{Webhook: latch.Webhook{ID: "person", Events: []latch.Event{{Event: "JOB_START", Blocking: true}}}},
		{Webhook: latch.Webhook{ID: "quiet", URLSecret: "chat", Event: "JOB_SUCCESS"}},
	}
	temporal := newTemporal()
	store := registry.New(registry.Options{Service: temporal.WorkflowService, Namespace: "default", TaskQueue: "latch"})
	for i := range webhooks {
		created, err := store.Webhooks().Create(t.Context(), webhooks[i])
		require.NoError(t, err)
		_, err = store.Webhooks().Update(t.Context(), created.ID, func(*latch.RegisteredWebhook) error { return nil })
		require.NoError(t, err)
	}
	code, out, errors := execute("", temporal, "webhook", "list")
	require.Equal(t, failure.ExitOK, code, errors)
	require.Regexp(t,
		`(?m)^on-call\tJOB_FAILURE, BEFORE_RELEASE\*\thttps://hooks\.example\.com/x\?token=\*\*\*\t'prod' in job\.tags\tno\tyes\t-\t20\d\d-`, out)
	require.NotContains(t, out, "s3cret")
	code, out, _ = execute("", temporal, "webhook", "list", "-o", "json")
	require.Equal(t, failure.ExitOK, code)
	require.Len(t, object(t, out)["webhooks"], 3)
	require.NotContains(t, out, "s3cret")
	code, out, _ = execute("", temporal, "webhook", "list", "--task-queue", "other", "-o", "json")
	require.Equal(t, failure.ExitOK, code)
	require.JSONEq(t, `{"webhooks":[]}`, out)

	f := newAPI(t, map[string][]apiAnswer{"GET /latch/v1/webhooks": {{200, `{"webhooks":[
		{"id":"on-call","url":"https://hooks.example.com/x?token=***","enabled":false,"enforced":true,
			"when":"'prod' in job.tags","updated_at":"2026-07-01T10:00:00Z",
			"events":[
				{"event":"JOB_FAILURE"},
				{"event":"JOB_SUCCESS","enabled":false},
				{"event":"BEFORE_RELEASE","blocking":true}]},
		{"id":"person","events":[{"event":"JOB_START","blocking":true}],"updated_at":"2026-07-01T10:00:00Z","health":{}},
		{"id":"quiet","url_secret":"chat","event":"JOB_SUCCESS","updated_at":"2026-07-01T10:00:00Z","health":{},
			"endpoint":{"state":"failing","count":7,"since":"2026-07-01T08:00:00Z"}},
		{"id":"dead","url_secret":"chat","event":"JOB_SUCCESS","updated_at":"2026-07-01T10:00:00Z","health":{"disable_after":"1h"},
			"endpoint":{"state":"disabled","count":9,"since":"2026-07-01T08:00:00Z","disabled_at":"2026-07-01T09:00:00Z",
				"probe_at":"2026-07-01T11:00:00Z"}}]}`}}})
	require.Equal(t, rows, f.ok("", "webhook", "list"))
	require.Contains(t, f.ok("", "webhook", "list", "-o", "json"), `"probe_at": "2026-07-01T11:00:00.000Z"`)
}

// All wrong flags of a list are reported at once, before any request, with Temporal and with
// the API alike.
func TestListUsage(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		told []string
	}{
		{[]string{"release", "list", "--status", "done", "--since", "soon", "--until", "later", "--limit", "-1"},
			[]string{`--status: "done" is not a status of a release; one is running, `, `--since: "soon"`, `--until: "later"`,
				"--limit: must be 0 (no limit) or more, not -1"}},
		{[]string{"release", "list", "--status", "rolledback"}, []string{`did you mean "rolled_back"?`}},
		{[]string{"gate", "list", "--status", "released", "--limit", "-1"},
			[]string{`--status: "released" is not a status of a gate; one is running, passed, `, "--limit: must be 0 (no limit) or more, not -1"}},
		{[]string{"gate", "list", "extra"}, []string{`unknown command "extra"`}},
		{[]string{"lock", "list", "--event", "BEFORE_RELEASED"}, []string{"--event: ", `did you mean "BEFORE_RELEASE"?`}},
		{[]string{"release", "list", "--since", "1h", "--until", "2h"}, []string{"--since: ", "does not come before until"}},
		{[]string{"lock", "list", "--job", "a", "--release", "b", "--limit", "-1"}, []string{"--job: ", "--limit: "}},
		{[]string{"deliveries", "list", "--since", "soon", "--limit", "-1"}, []string{"--since: ", "--limit: "}},
		{[]string{"deliveries", "list", "--outcome", "lost"}, []string{`--outcome: "lost" is not an outcome`, "delivered, failed"}},
		{[]string{"deliveries", "--failed", "--redeliver", "--yes", "--outcome", "failed"}, []string{"--outcome goes with a list"}},
		{[]string{"deliveries", "--failed", "--redeliver", "--yes", "--cursor", "x"}, []string{"--cursor goes with a list"}},
		{[]string{"release", "list", "extra"}, []string{`unknown command "extra"`}},
	} {
		code, _, errors := execute("", nil, test.args...)
		require.Equal(t, failure.ExitUsage, code, test.args)
		f := newAPI(t, nil)
		codeByAPI, _, errorsByAPI := f.run("", test.args...)
		require.Equal(t, failure.ExitUsage, codeByAPI, test.args)
		require.Empty(t, f.calls)
		for _, told := range test.told {
			require.Contains(t, errors, told, test.args)
			require.Contains(t, errorsByAPI, told, test.args)
		}
	}
}

// Ctrl-C while a list is read is an interruption, and not an error of the server.
func TestAnInterruptedList(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	temporal := newTemporal()
	temporal.ListError = serviceerror.NewCanceled("context canceled")
	for _, args := range [][]string{{"release", "list"}, {"gate", "list"}, {"lock", "list"}, {"deliveries"}} {
		c := newCommand("", temporal)
		require.Equal(t, failure.ExitInterrupted, c.program.run(ctx, args), args)
		require.Equal(t, "Error: interrupted\n", c.stderr.String())
	}
}

// An invalid cursor is wrong usage. An unreachable server and a rejected key have the same exit
// codes as elsewhere.
func TestListFailures(t *testing.T) {
	t.Parallel()
	code, _, errors := execute("", newTemporal(), "release", "list", "--cursor", "nonsense")
	require.Equal(t, failure.ExitUsage, code)
	require.Contains(t, errors, `--cursor: "nonsense" is not the next_cursor`)
	for call, args := range map[string][]string{"GET /latch/v1/releases?limit=100": {"release", "list"},
		"GET /latch/v1/locks?limit=1000": {"lock", "list"}, "GET /latch/v1/webhooks": {"webhook", "list"}} {
		code, _, _ := execute("", nil, args...)
		require.Equal(t, failure.ExitUnreachable, code)
		for status, want := range map[int]int{401: failure.ExitUnreachable, 403: failure.ExitUnreachable,
			422: failure.ExitUsage, 503: failure.ExitUnreachable, 500: failure.ExitFailed} {
			code, out, _ := newAPI(t, map[string][]apiAnswer{call: {{status, `{"detail":"So."}`}}}).run("", append(args, "-o", "json")...)
			require.Equal(t, want, code, "%s: %d", call, status)
			require.Contains(t, out, `"error"`)
		}
	}
}
