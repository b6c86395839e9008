package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/testsuite/postgres"
	"github.com/latch-run/latch/testsuite/process"
	"github.com/latch-run/latch/testsuite/server"
	"github.com/latch-run/latch/testsuite/stack"
)

// commands builds Latch's commands, once for all stacks of these tests.
var commands *process.Builder

func TestMain(m *testing.M) {
	var err error
	if commands, err = process.NewBuilder(root, false); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := commands.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// page is the printed output. A test can wait for more.
type page struct {
	mu      sync.Mutex
	text    strings.Builder
	changed chan struct{}
}

func (p *page) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.changed)
	p.changed = make(chan struct{})
	return p.text.Write(b)
}

// wait returns the output once it contains a part.
func (p *page) wait(ctx context.Context, part string) (string, error) {
	for {
		p.mu.Lock()
		text, changed := p.text.String(), p.changed
		p.mu.Unlock()
		if strings.Contains(text, part) {
			return text, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return "", fmt.Errorf("%q was not printed: %w; there is:\n%s", part, ctx.Err(), text)
		}
	}
}

// running is a stack that a test started, with free ports.
type running struct {
	*testing.T
	ctx       context.Context
	printed   *page
	receiver  string
	client    client.Client
	interrupt func() error // and wait for the end
}

func bringUp(t *testing.T, dataDir string, worker ...string) *running {
	t.Helper()
	ctx := hang.Context(t)
	given, err := readSettings([]string{"-frontend-port", "0", "-http-port", "0", "-ui-port", "0", "-receiver-port", "0",
		"-health-port", "0", "-api-port", "0", "-data", dataDir},
		append([]string{"LATCH_HEALTH_ADDR=off"}, worker...))
	require.NoError(t, err)

	given.builder = commands
	serving, interrupt := context.WithCancel(ctx)
	r := &running{T: t, ctx: ctx, printed: &page{changed: make(chan struct{})}}
	ended := make(chan error, 1)
	go func() { ended <- serve(serving, r.printed, given) }()
	r.interrupt = sync.OnceValue(func() error {
		if r.client != nil {
			r.client.Close()
		}
		interrupt()
		return <-ended
	})
	t.Cleanup(func() { require.NoError(t, r.interrupt()) })

	text, err := r.printed.wait(ctx, "Ctrl-C ends it")
	require.NoError(t, err)
	r.receiver = word(text, "Receiver")
	r.client, err = client.DialContext(ctx, client.Options{HostPort: word(text, "Temporal")})
	require.NoError(t, err)
	return r
}

// word returns the word after the given beginning of a line, without a comma.
func word(text, first string) string {
	for line := range strings.Lines(text) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] == first {
			return strings.TrimSuffix(fields[1], ",")
		}
	}
	return ""
}

// The development stack runs the commands in its help, prints the requests to its receiver,
// passes the caller's settings to the worker, and keeps its data in a file.
func TestDevRunsAReleaseAndKeepsIt(t *testing.T) {
	t.Parallel()
	dataDir := t.TempDir() + "/data"
	runAndKeep(t, dataDir, storeFile)
	require.FileExists(t, dataDir+"/temporal.db")
}

// So does a stack whose data is in PostgreSQL.
func TestDevRunsAReleaseAndKeepsItInPostgreSQL(t *testing.T) {
	t.Parallel()
	postgres.Need(t)
	dataDir := postgres.Folder(t)
	runAndKeep(t, dataDir, storePostgres)
	require.NoFileExists(t, dataDir+"/temporal.db")
}

func runAndKeep(t *testing.T, dataDir, store string) {
	t.Helper()
	first := bringUp(t, dataDir, "LATCH_SECRET_BOARD=a-board-of-changes", "DEV_STORE="+store)
	run, err := first.client.ExecuteWorkflow(first.ctx, client.StartWorkflowOptions{ID: "release-1", TaskQueue: latch.DefaultTaskQueue},
		latch.WorkflowRelease, latch.Release{
			ID: "1", Steps: []latch.Step{{Name: "switch", Do: &latch.Task{HTTP: &latch.HTTPTask{URL: first.receiver + "/switch"}}}},
			Webhooks: []latch.Webhook{{ID: "board", URL: first.receiver + "/board", Secret: "board",
				Events: []latch.Event{{Event: latch.EventBeforeRelease, Blocking: true}}}},
		})
	require.NoError(t, err)
	text, err := first.printed.wait(first.ctx, "It waits until: starter lock release")
	require.NoError(t, err)
	require.Contains(t, text, "POST /board → 200")
	require.Contains(t, text, "X-Latch-Secret: a-board-of-changes")
	lock := strings.Trim(strings.Fields(text[strings.Index(text, "lock release 'release-1:"):])[2], "'")

	require.NoError(t, first.client.SignalWorkflow(first.ctx, "release-1", "", latch.MessageReleaseLock, latch.LockRelease{Lock: lock}))
	var result latch.ReleaseResult
	require.NoError(t, run.Get(first.ctx, &result))
	require.Equal(t, latch.ReleaseReleased, result.Status)
	_, err = first.printed.wait(first.ctx, "POST /switch → 200")
	require.NoError(t, err)
	require.NoError(t, first.interrupt())

	second := bringUp(t, dataDir, "DEV_STORE="+store)
	text, err = second.printed.wait(second.ctx, "Ctrl-C ends it")
	require.NoError(t, err)
	answer, err := http.Get(word(text, "API") + "/latch/v1/webhooks/board/history")
	require.NoError(t, err)
	defer answer.Body.Close()
	told, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Contains(t, string(told), lock, "the API tells of runs by their search attributes")
	require.NoError(t, second.client.GetWorkflow(second.ctx, "release-1", run.GetRunID()).Get(second.ctx, &result))
	require.Equal(t, latch.ReleaseReleased, result.Status)
}

func TestAWorkerThatDoesNotStartSaysWhy(t *testing.T) {
	t.Parallel()
	given, err := readSettings([]string{"-frontend-port", "0", "-http-port", "0", "-ui-port", "0", "-receiver-port", "0",
		"-api-port", "0", "-data", t.TempDir()},
		[]string{"LATCH_DRAIN_TIMEOUT=soon", "LATCH_HEALTH_ADDR=127.0.0.1:0"})
	require.NoError(t, err)
	err = serve(t.Context(), io.Discard, given)
	require.ErrorContains(t, err, "ended with code 1")
	require.ErrorContains(t, err, "soon")
}

func TestSettings(t *testing.T) {
	t.Parallel()
	given, err := readSettings(nil, nil)
	require.NoError(t, err)
	for flag, number := range map[string]int{frontendPort: 7233, httpPort: 7243, uiPort: 8233, receiverPort: 8080,
		healthPort: 7128, apiPort: 7127} {
		require.Equal(t, number, given.port(flag), flag)
	}
	require.Equal(t, ".data", given.dataDir)
	require.Equal(t, stack.Environment{"LATCH_SEARCH_ATTRIBUTES=true", "LATCH_HEALTH_ADDR=127.0.0.1:7128",
		"LATCH_EGRESS_ALLOW=127.0.0.0/8,::1,localhost"}, given.worker)

	given, err = readSettings([]string{"-ui-port", "3"}, []string{
		"DEV_UI_PORT=1", "DEV_HTTP_PORT=2", "LATCH_EGRESS_ALLOW=10.0.0.0/8", "LATCH_FQDN=a.example", "HOME=/home/ada", "EDITOR=ed",
	})
	require.NoError(t, err)
	require.Equal(t, 3, given.port(uiPort), "a flag beats its variable")
	require.Equal(t, 2, given.port(httpPort))
	require.Equal(t, stack.Environment{"LATCH_SEARCH_ATTRIBUTES=true", "LATCH_HEALTH_ADDR=127.0.0.1:7128",
		"LATCH_EGRESS_ALLOW=10.0.0.0/8", "LATCH_FQDN=a.example",
		"HOME=/home/ada", "LATCH_EGRESS_ALLOW=10.0.0.0/8,127.0.0.0/8,::1,localhost"}, given.worker, "the worker gets Latch's settings alone")

	given, err = readSettings(nil, []string{"DEV_HEALTH_PORT=0"})
	require.NoError(t, err)
	require.Empty(t, given.worker.Value("LATCH_HEALTH_ADDR", ""), "the stack finds a free one")
	given, err = readSettings([]string{"-health-port", "3"}, []string{"DEV_HEALTH_PORT=2"})
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:3", given.worker.Value("LATCH_HEALTH_ADDR", ""))

	_, err = readSettings(nil, []string{"DEV_UI_PORT=a", "DEV_HTTP_PORT=b"})
	require.ErrorContains(t, err, "DEV_UI_PORT")
	require.ErrorContains(t, err, "DEV_HTTP_PORT")
	_, err = readSettings([]string{"cases"}, nil)
	require.ErrorContains(t, err, "cases")
	_, err = readSettings([]string{"-store", "disk"}, nil)
	require.EqualError(t, err, `-store or DEV_STORE: "disk" is not one of file, synced, memory, postgres`)
}

// A file is synced only on request, and data in memory needs no folder.
func TestStores(t *testing.T) {
	t.Parallel()
	for store, want := range map[string]server.Options{
		storeFile: {DatabaseFile: "temporal.db"}, storeSynced: {DatabaseFile: "temporal.db", Synced: true}, storeMemory: {},
	} {
		folder := filepath.Join(t.TempDir(), "data")
		given, err := readSettings([]string{"-data", folder}, []string{"DEV_STORE=" + store})
		require.NoError(t, err)
		var got server.Options
		opened, err := given.openStore(t.Context(), &got)
		require.NoError(t, err)
		if want.DatabaseFile != "" {
			want.DatabaseFile = filepath.Join(folder, want.DatabaseFile)
			require.Equal(t, want.DatabaseFile, opened.place)
		} else {
			require.NoDirExists(t, folder)
		}
		require.Equal(t, want, got, store)
		require.NoError(t, opened.close())
	}
}

func TestATakenPortSaysHowToChooseAnother(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	number := listener.Addr().(*net.TCPAddr).Port
	for _, p := range allPorts() {
		given, err := readSettings([]string{"-frontend-port", "0", "-http-port", "0", "-ui-port", "0", "-receiver-port",
			"0", "-health-port", "0", "-api-port", "0",
			"-" + p.flag, fmt.Sprint(number), "-data", t.TempDir()}, nil)
		require.NoError(t, err)
		err = serve(t.Context(), io.Discard, given)
		require.ErrorContains(t, err, fmt.Sprintf("port %d of %s", number, p.what))
		require.ErrorContains(t, err, fmt.Sprintf("make dev DEV_FLAGS='-%s %d', or %s=%d make dev", p.flag, number+1, p.variable, number+1))
	}
}

func TestOneAtATimeUsesAFolder(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first, err := lockFolder(folder)
	require.NoError(t, err)
	_, err = lockFolder(folder)
	require.ErrorContains(t, err, fmt.Sprintf("in use by another dev (process %d); end it", os.Getpid()))
	require.ErrorContains(t, err, "DEV_FLAGS='-data FOLDER'")
	require.NoError(t, first.Close())
	second, err := lockFolder(folder)
	require.NoError(t, err)
	require.NoError(t, second.Close())
}

func TestTheHelpNamesWhatAnotherTerminalNeeds(t *testing.T) {
	t.Parallel()
	require.Empty(t, places{Frontend: "127.0.0.1:7233", Queue: "latch"}.Exports())
	var text strings.Builder
	require.NoError(t, places{Frontend: "127.0.0.1:1", Queue: "mine"}.help(&text))
	require.Contains(t, text.String(), "\n  export TEMPORAL_ADDRESS=127.0.0.1:1\n  export LATCH_TASK_QUEUE=mine\n\n", "each a line of its own")
	require.Contains(t, text.String(), "health and metrics off")

	const file = "examples/release.json"
	require.Contains(t, text.String(), file)
	require.Contains(t, text.String(), "status first")
	require.NotContains(t, text.String(), "X-API-Key")
	text.Reset()
	require.NoError(t, placesOf(&stack.Stack{Server: &server.Server{}}, stack.Environment{"LATCH_API_KEYS=a=b"}, "", "", "").help(&text))
	require.Contains(t, text.String(), "X-API-Key: <key>")
	example, err := os.ReadFile("../../" + file)
	require.NoError(t, err)
	release, err := latch.DecodeRelease(example)
	require.NoError(t, err)
	require.Equal(t, "first", release.ID, "the id that the help names")
}

func TestTheReceiverAnswersAsItsQuerySays(t *testing.T) {
	t.Parallel()
	tests := []struct {
		target, body string
		status       int
		answer       string
	}{
		{"/a", `{"b":1}`, 200, `{"received":{"body":{"b":1},"method":"POST","path":"/a"}}`},
		{"/a", `b=1`, 200, `{"received":{"body":"b=1","method":"POST","path":"/a"}}`},
		{"/?status=503", ``, 503, `{"received":{"body":"","method":"POST","path":"/"}}`},
		{"/?answer=" + url.QueryEscape(`{"result":"fail"}`), ``, 200, `{"result":"fail"}`},
		{"/?status=99", ``, 400, "status=99: a status is 200 to 599\n"},
		{"/", strings.Repeat("a", maxBody+1), 400, "reading the body: http: request body too large\n"},
	}
	for _, test := range tests {
		answered := httptest.NewRecorder()
		(&echo{out: io.Discard}).ServeHTTP(answered, httptest.NewRequest(http.MethodPost, test.target, strings.NewReader(test.body)))
		require.Equal(t, test.status, answered.Code, test.target)
		require.Equal(t, test.answer, answered.Body.String(), test.target)
	}
}

func TestARequestIsPrintedReadably(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	print := func(contentType, body string, headers ...string) string {
		request := httptest.NewRequest(http.MethodPost, "/board?a=b", http.NoBody)
		request.Header.Set("Content-Type", contentType)
		request.Header.Set("User-Agent", "Latch/1")
		for i := 0; i < len(headers); i += 2 {
			request.Header.Set(headers[i], headers[i+1])
		}
		return show(request, []byte(body), 200, at)
	}
	require.Equal(t, `
03:04:05  POST /board?a=b → 200
  Content-Type: application/json
  X-Latch-Lock: r:w:1
  {
    "event": "BEFORE_RELEASE"
  }
  It waits until: starter lock release 'r:w:1'
`, print("application/json", `{"event":"BEFORE_RELEASE"}`, "X-Latch-Lock", "r:w:1"))
	require.Contains(t, print("application/x-www-form-urlencoded", "b=2%26&a=1"), "\n  a = 1\n  b = 2&\n")
	require.Contains(t, print("text/plain", "red \x1b[31m"), "red \uFFFD[31m", "control characters")
	require.Contains(t, print("text/plain", strings.Repeat("x", maxShown+1)), "x… (8193 bytes)\n")
}
