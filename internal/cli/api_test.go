package cli

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/cli/failure"
)

// fakeAPI answers each call, as "METHOD path?query", with the next of its answers and then
// repeats the last. It answers other calls with 404.
type fakeAPI struct {
	*testing.T
	url     string
	mu      sync.Mutex
	answers map[string][]apiAnswer
	calls   []string
	bodies  []string
	keys    []string
}

type apiAnswer struct {
	status int
	body   string
}

// gateFile describes a release with a lock that a person removes.
const gateFile = `{"id":"x","event":"DEPLOY","webhooks":[{"id":"board","events":[{"event":"DEPLOY","blocking":true}]}]}`

func newAPI(t *testing.T, answers map[string][]apiAnswer) *fakeAPI {
	t.Helper()
	f := &fakeAPI{T: t, answers: answers}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	f.url = server.URL
	return f
}

func (f *fakeAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	call := r.Method + " " + r.URL.RequestURI()
	body, _ := io.ReadAll(r.Body)
	f.calls, f.bodies, f.keys = append(f.calls, call), append(f.bodies, string(body)), append(f.keys, r.Header.Get("Authorization"))
	answer := apiAnswer{404, `{"status":404,"detail":"No such route."}`}
	if answers := f.answers[call]; len(answers) > 0 {
		answer = answers[0]
		f.answers[call] = answers[min(1, len(answers)-1):]
	}
	w.Header().Set("Content-Type", "application/json")
	if answer.status >= 300 {
		w.Header().Set("Content-Type", "application/problem+json")
	}
	w.WriteHeader(answer.status)
	_, _ = io.WriteString(w, answer.body)
}

// run runs a command against the API. Temporal is unreachable.
func (f *fakeAPI) run(stdin string, args ...string) (int, string, string) {
	f.Helper()
	c := newCommand(stdin, nil)
	c.environ = []string{"LATCH_API=" + f.url, "LATCH_API_KEY=k3y"}
	code := c.start(args...)
	return code, c.stdout.String(), c.stderr.String()
}

func (f *fakeAPI) ok(stdin string, args ...string) string {
	f.Helper()
	code, out, errors := f.run(stdin, args...)
	require.Equal(f, failure.ExitOK, code, errors)
	return out
}

const (
	apiWaiting = `{"workflow_id":"release-first","run_id":"run-1","id":"first","status":"running",
		"phase":"waiting","event":"BEFORE_RELEASE","steps":[{"name":"a","status":"pending"}],
		"locks":[{"token":"` + lockToken + `","webhook":"approval","event":"BEFORE_RELEASE",
			"since":"2026-07-01T10:00:00Z"}],
		"rejected":[],"started_at":"2026-07-01T10:00:00Z","history":[` + waiting + `]}`
	apiReleased = `{"workflow_id":"release-first","run_id":"run-1","id":"first","status":"released",
		"steps":[{"name":"a","status":"done"}],"locks":[],"rejected":[],"started_at":"2026-07-01T10:00:00Z",
		"closed_at":"2026-07-01T11:00:00Z","history":[` + passed + `]}`
	apiStarted = `{"workflow_id":"release-first","run_id":"run-1","id":"first","status":"running"}`
	apiRunning = `{"id":7,"run_id":"run-1","pid":null,"returncode":null,"updates":null,"count":null,
		"error":null,"started_at":"2026-07-01T10:00:00.000Z","completed_at":null,"kvp":{}}`
	apiFailed = `{"id":7,"run_id":"run-1","pid":null,"returncode":1,"updates":null,"count":null,
		"error":"no disk","started_at":"2026-07-01T10:00:00.000Z","completed_at":"2026-07-01T10:01:00.000Z",
		"kvp":{}}`
)

// TestReleasesByTheAPI: releases are started, watched, controlled and queried over HTTP, with
// the key in a header and without Temporal.
func TestReleasesByTheAPI(t *testing.T) {
	t.Parallel()
	f := newAPI(t, map[string][]apiAnswer{
		"POST /latch/v1/releases":                               {{201, apiStarted}},
		"POST /latch/v1/releases?workflow_id=mine":              {{201, apiStarted}},
		"GET /latch/v1/releases/release-first":                  {{200, apiWaiting}, {200, apiReleased}},
		"GET /latch/v1/releases/first":                          {{200, apiReleased}},
		"POST /latch/v1/releases/release-first/stop":            {{200, `{"id":"first","status":"running","locks":[],"rejected":[]}`}},
		"POST /latch/v1/releases/release-first/skip":            {{200, settledRecord}},
		"POST /latch/v1/events":                                 {{201, `{"workflow_id":"emit-x","run_id":"run-2","id":"x","status":"running"}`}},
		"POST /latch/v1/locks/release-first:board:r4nd/release": {{200, settledRecord}},
	})
	require.Equal(t, "Started release-first\n  run: run-1\n  watch: starter watch release-first\n", f.ok(releaseFile, "release", "run", "-"))
	require.Equal(t, `{"id":"shop-4.2","steps":[{"name":"a","do":{"command":{"argv":["true"]}}}],"vars":{"n":1.10}}`, f.bodies[0])
	require.Equal(t, "Bearer k3y", f.keys[0])
	out := f.ok(releaseFile, "release", "run", "-", "--id", "mine", "--watch")
	require.Contains(t, out, "lock     BEFORE_RELEASE  approval  waits for its removal")
	require.Contains(t, out, "release-first: released\n  step a: done\n")
	report := object(t, f.ok("", "watch", "first", "-o", "json"))
	require.Equal(t, "released", report["status"])
	require.Len(t, report["result"].(map[string]any)["history"], 1)

	require.Equal(t, "Started emit-x\n  run: run-2\n", f.ok(emitFile, "emit", "-"))
	require.Equal(t, "stop accepted by release-first\n", f.ok("", "release", "stop", "first", "--reason", "enough"))
	require.JSONEq(t, `{"by":"ada","reason":"enough"}`, f.bodies[len(f.bodies)-1])
	require.Contains(t, f.ok("", "release", "skip", "first", "--webhook", "board", "--event", "BEFORE_RELEASE",
		"--reason", "x"), "pass     BEFORE_RELEASE  board")
	require.Contains(t, f.ok("", "lock", "release", "release-first:board:r4nd", "--result", "pass"), "lock removed by ada (update): fine")

	require.Equal(t, "release-first: released\n  step a: done\n", f.ok("", "status", "first"))
	require.Equal(t, "released", object(t, f.ok("", "status", "first", "-o", "json"))["closed"].(map[string]any)["status"])
	require.Contains(t, f.ok("", "history", "first", "--webhook", "approval"), "pass\tBEFORE_RELEASE\tapproval\t200\t2")
	require.Equal(t, "[]\n", f.ok("", "history", "first", "--after", "dlv_1", "-o", "json"))
}

// TestGatesByTheAPI: a gate is found by its id where no release has it, watched to its decision,
// and its state and records are shown.
func TestGatesByTheAPI(t *testing.T) {
	t.Parallel()
	const open = `{"workflow_id":"gate-g","run_id":"run-1","id":"g","status":"running","phase":"waiting","event":"DEPLOY",
		"locks":[{"token":"` + lockToken + `","webhook":"board","event":"DEPLOY","since":"2026-07-01T10:00:00Z"}],"rejected":[],"history":[]}`
	const stopped = `{"workflow_id":"gate-g","run_id":"run-1","id":"g","event":"DEPLOY","status":"stopped","decision":"stop","reason":"frozen",
		"decided_by":{"by":"ann"},"locks":[],"rejected":[],"closed_at":"2026-07-01T11:00:00Z","history":[` + passed + `]}`
	f := newAPI(t, map[string][]apiAnswer{
		"GET /latch/v1/gates/g":            {{200, open}, {200, stopped}},
		"GET /latch/v1/gates/gate-g":       {{200, open}, {200, stopped}},
		"GET /latch/v1/gates/refused":      {{403, `{"detail":"Too small."}`}},
		"GET /latch/v1/gates/open":         {{200, open}},
		"POST /latch/v1/gates/gate-g/stop": {{200, `{"id":"g","status":"running","locks":[],"rejected":[]}`}},
		"POST /latch/v1/gates/gate-g/skip": {{200, passed}},
	})
	require.Equal(t, "stop accepted by gate-g\n", f.ok("", "gate", "stop", "open", "--reason", "frozen"))
	require.Contains(t, f.ok("", "gate", "skip", "open", "--webhook", "approval", "--event", "DEPLOY", "--reason", "down"), "approval")
	require.Contains(t, f.ok("", "status", "g"), "gate-g: running")
	closed := object(t, f.ok("", "status", "g", "-o", "json"))["closed"].(map[string]any)
	require.Equal(t, "stopped", closed["status"])
	require.Equal(t, "frozen", closed["reason"])
	require.Equal(t, map[string]any{"by": "ann"}, closed["decided_by"])
	require.Contains(t, f.ok("", "history", "g"), "approval")
	code, out, errors := f.run("", "watch", "g", "-o", "json")
	require.Equal(t, failure.ExitNotReleased, code, errors)
	require.Equal(t, "stop", object(t, out)["result"].(map[string]any)["decision"])
	code, _, _ = f.run("", "status", "refused")
	require.Equal(t, failure.ExitUnreachable, code)
	code, _, _ = f.run("", "status", "absent")
	require.Equal(t, failure.ExitFailed, code)
}

// TestPlansByTheAPI: a job from the API is shown with its next time, and whether it is paused
// or cannot run, like a job from Temporal.
func TestPlansByTheAPI(t *testing.T) {
	t.Parallel()
	const plans = `{"id":1,"title":"A",
		"schedule":{"type":"custom","value":"0 0 * * *","timezone":"Europe/Berlin"},
		"next_time":"2026-07-02T00:00:00.000Z","paused":false,"cannot_run":false},
		{"id":2,"title":"B","schedule":{"type":"endof","endof":1,"on":"success"},"next_time":null,"paused":true,
			"cannot_run":false},
		{"id":3,"title":"C","schedule":{"after":{"job":"1","on":"failure"}},"next_time":null,"paused":false,
			"cannot_run":true},
		{"id":4,"title":"D"}`
	f := newAPI(t, map[string][]apiAnswer{
		"POST /v2/jobs/search?limit=1000&offset=0": {{200, `{"jobs":[` + plans + `],"pagination":{"more_pages":false}}`}},
		"GET /v2/jobs/1": {{200, `{"id":1,"next_times":["2026-07-02T00:00:00.000Z","2026-07-03T00:00:00.000Z"],
			"paused":false,"cannot_run":false}`}},
	})
	require.Equal(t, "ID\tTITLE\tSCHEDULE\tNEXT\tLAST RUN\tSTATUS\tPAUSED\n"+
		"1\tA\t0 0 * * * (Europe/Berlin)\t2026-07-02T00:00:00Z\t-\t-\tno\n2\tB\tafter success of 1\t-\t-\t-\tyes\n"+
		"3\tC\tafter failure of 1\t-\t-\t-\tcannot run\n4\tD\t-\t-\t-\t-\t-\n", f.ok("", "job", "list"))
	shown := object(t, f.ok("", "job", "show", "1", "-o", "json"))
	require.Equal(t, []any{"2026-07-02T00:00:00.000Z", "2026-07-02T00:00:00.000Z", false},
		[]any{shown["next_time"], shown["next_times"].([]any)[0], shown["paused"]})
}

func TestJobsByTheAPI(t *testing.T) {
	t.Parallel()
	const job = `{"id":7,"name":"seven","title":"Seven","type":"cmd","tags":["night"],
		"schedule":{"type":"custom","value":"0 0 * * *"},"conf":"{}","status":` + apiFailed + `,
		"created_at":"2026-07-01T09:00:00.000Z","updated_at":"2026-07-01T09:00:00.000Z"}`
	f := newAPI(t, map[string][]apiAnswer{
		"POST /v2/jobs/search?limit=1000&offset=0": {
			{200, `{"jobs":[` + job + `,{"id":"x","title":"Other"}],"pagination":{"more_pages":false}}`}},
		"POST /v2/jobs/search?limit=1000&offset=0&tag=night": {{200, `{"jobs":[` + job + `],"pagination":{"more_pages":false}}`}},
		"GET /v2/jobs/7":        {{200, job}},
		"GET /v2/jobs/7/status": {{200, `{"id":7,"status":` + apiRunning + `}`}, {200, `{"id":7,"status":` + apiFailed + `}`}},
		"POST /v2/jobs/7/:actions": {{200, apiRunning}, {200, apiRunning}, {409, `{"status":409,
			"detail":"Job 7 is running already (run run-1), and one runs at a time.","workflow_id":"job-7",
			"run_id":"run-1"}`}, {200, apiFailed}},
	})
	require.Equal(t, "ID\tTITLE\tSCHEDULE\tNEXT\tLAST RUN\tSTATUS\tPAUSED\n"+
		"7\tSeven\t0 0 * * *\t-\t2026-07-01T10:00:00Z\tfailed\t-\nx\tOther\t-\t-\t-\t-\t-\n", f.ok("", "job", "list"))
	require.Len(t, object(t, f.ok("", "job", "list", "--tag", "night", "--search", "SEV", "-o", "json"))["jobs"], 1)
	out := f.ok("", "job", "show", "7")
	require.Contains(t, out, "7  Seven\n  tags: night\n  schedule: 0 0 * * *\n")
	require.Contains(t, out, "  last run: failed, run run-1, ended 2026-07-01T10:01:00Z: no disk\n")
	require.Contains(t, f.ok("", "__complete", "job", "show", ""), "7\tSeven\nx\tOther\n")

	require.Equal(t, "Started job-7\n  run: run-1\n", f.ok("", "job", "start", "7"))
	require.JSONEq(t, `{"action":"START"}`, f.bodies[len(f.bodies)-1])
	code, out, _ := f.run("", "job", "start", "7", "--wait")
	require.Equal(t, failure.ExitFailed, code)
	require.Contains(t, out, "job-7: failed\n  error: no disk\n")
	code, out, errors := f.run("", "job", "start", "7", "-o", "json")
	require.Equal(t, failure.ExitFailed, code)
	require.Equal(t, "Error: Job 7 is running already (run run-1), and one runs at a time.\n", errors)
	require.Equal(t, "AlreadyRunning", object(t, out)["error"].(map[string]any)["type"])
	code, out, errors = f.run("", "job", "stop", "7", "--reason", "late")
	require.Equal(t, failure.ExitOK, code)
	require.Equal(t, "stop accepted by job-7\n", out)
	require.Equal(t, "Warning: the API takes no reason for stopping a job: it is not recorded\n", errors)
}

// TestRefusalsOfTheAPI: errors from the API have the same exit codes and kinds as errors from
// Temporal.
func TestRefusalsOfTheAPI(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		call   string
		answer apiAnswer
		args   []string
		code   int
		kind   string
	}{
		"unknown release": {"GET /latch/v1/releases/first", apiAnswer{404, `{"detail":"There is no release."}`},
			[]string{"status", "first"}, failure.ExitFailed, "NotFound"},
		"already running": {"POST /latch/v1/releases", apiAnswer{409, `{"detail":"It runs.","run_id":"r"}`},
			[]string{"release", "run", "-"}, failure.ExitFailed, "AlreadyRunning"},
		"no key": {"GET /latch/v1/releases/first", apiAnswer{401, `{"detail":"No key."}`},
			[]string{"status", "first"}, failure.ExitUnreachable, "Unreachable"},
		"too small a role": {"POST /latch/v1/releases", apiAnswer{403, `{"detail":"Too small."}`},
			[]string{"release", "run", "-"}, failure.ExitUnreachable, "Unreachable"},
		"Temporal is down": {"POST /latch/v1/releases", apiAnswer{503, `{"detail":"Temporal is out of reach."}`},
			[]string{"release", "run", "-"}, failure.ExitUnreachable, "Unreachable"},
		"a wrong body": {"POST /latch/v1/releases",
			apiAnswer{422, `{"detail":"Wrong.","errors":[{"location":"body.id","message":"required"}]}`},
			[]string{"release", "run", "-"}, failure.ExitUsage, "InvalidArgument"},
		"it failed": {"POST /latch/v1/releases", apiAnswer{500, `{"detail":"Ask the log."}`},
			[]string{"release", "run", "-"}, failure.ExitFailed, "Failed"},
		"unknown lock": {"POST /latch/v1/locks/w:h:r/release", apiAnswer{404, `{"detail":"No such lock."}`},
			[]string{"lock", "release", "w:h:r"}, failure.ExitFailed, "UnknownLock"},
		"closed unused": {"POST /latch/v1/locks/w:h:r/release",
			apiAnswer{409, `{"detail":"It has closed.","workflow_id":"w"}`}, []string{"lock", "release", "w:h:r"},
			failure.ExitFailed, "TooLate"},
		"closed by others": {"POST /latch/v1/locks/w:h:r/release", apiAnswer{409, `{"detail":"Too late."}`},
			[]string{"lock", "release", "w:h:r"}, failure.ExitFailed, "TooLate"},
		"unknown job": {"POST /v2/jobs/7/:actions", apiAnswer{404, `{"detail":"No such job."}`},
			[]string{"job", "start", "7"}, failure.ExitFailed, "NotFound"},
		"a job of no work": {"POST /v2/jobs/7/:actions", apiAnswer{422, `{"detail":"It cannot run."}`},
			[]string{"job", "start", "7"}, failure.ExitFailed, "Refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newAPI(t, map[string][]apiAnswer{test.call: {test.answer}})
			code, out, errors := f.run(releaseFile, append(test.args, "-o", "json")...)
			require.Equal(t, test.code, code, errors)
			require.Equal(t, test.kind, object(t, out)["error"].(map[string]any)["type"])
			require.NotContains(t, errors, "k3y")
		})
	}
}

// TestTooLateByTheAPI: a release that has closed accepts no message.
func TestTooLateByTheAPI(t *testing.T) {
	t.Parallel()
	f := newAPI(t, map[string][]apiAnswer{
		"GET /latch/v1/releases/first":                   {{200, apiReleased}},
		"POST /latch/v1/releases/release-first/rollback": {{409, `{"detail":"It is too late.","workflow_id":"release-first"}`}},
	})
	code, out, _ := f.run("", "release", "rollback", "first", "-o", "json")
	require.Equal(t, failure.ExitFailed, code)
	require.Equal(t, "TooLate", object(t, out)["error"].(map[string]any)["type"])
}

func TestTheAPIOutOfReach(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	code, out, errors := execute("", nil, "status", "first", "--api", server.URL)
	require.Equal(t, failure.ExitUnreachable, code)
	require.Empty(t, out)
	require.True(t, strings.HasPrefix(errors, "Error: cannot reach the API at "+server.URL+": "), errors)
	require.Contains(t, errors, "--api or LATCH_API says where it is")
}

// TestCommandsThatTakeNoAPISaySo: commands that ask no server ignore the variable, and an empty
// flag overrides the variable.
func TestCommandsThatTakeNoAPISaySo(t *testing.T) {
	t.Parallel()
	f := newAPI(t, nil)
	for _, args := range [][]string{{"job", "run", "-"}, {"job", "apply", "-"}, {"job", "pause", "7"},
		{"job", "resume", "7"}, {"job", "delete", "7", "--yes"}} {
		code, _, errors := f.run(nightly, args...)
		require.Equal(t, failure.ExitUsage, code, args)
		require.Contains(t, errors, " speaks to Temporal alone, and not to the API that LATCH_API gives; --api '' leaves the API out")
		code, _, errors = f.run(nightly, append(args, "--api", "")...)
		require.Equal(t, failure.ExitUnreachable, code, args)
		require.Contains(t, errors, "cannot reach Temporal")
	}
	require.Contains(t, f.ok(nightly, "validate", "-"), "valid (job)")
	code, _, errors := f.run(nightly, "validate", "-", "--api", f.url)
	require.Equal(t, failure.ExitUsage, code)
	require.Contains(t, errors, "starter validate asks no server, and takes no --api")
	code, _, errors = f.run(emitFile, "emit", "-", "--watch")
	require.Equal(t, failure.ExitUsage, code)
	require.Contains(t, errors, "the API tells nothing of a fired event's run")
	code, _, errors = execute("", nil, "status", "x", "--api", "latch.example.com")
	require.Equal(t, failure.ExitUsage, code)
	require.Contains(t, errors, `--api: "latch.example.com" is not an http or https URL`)
	require.Empty(t, f.calls)
}

// TestWhatTheAPIRecordsIsTold: the API records the key's name, and the command warns if a key
// is sent unencrypted.
func TestWhatTheAPIRecordsIsTold(t *testing.T) {
	t.Parallel()
	f := newAPI(t, map[string][]apiAnswer{"POST /latch/v1/locks/w:h:r/release": {{200, settledRecord}}})
	_, _, errors := f.run("", "lock", "release", "w:h:r", "--by", "eve")
	require.Equal(t, "Warning: the API records the name of the key, and not --by eve\n", errors)
	c := newCommand("", nil)
	c.environ = []string{"LATCH_API=http://latch.invalid", "LATCH_API_KEY=k3y"}
	require.Equal(t, failure.ExitUsage, c.start("lock", "release", "no lock"), "refused before anything is sent")
	require.Contains(t, c.stderr.String(),
		"Warning: the key goes to http://latch.invalid unencrypted, for all on the way to read; use https\n")
}
