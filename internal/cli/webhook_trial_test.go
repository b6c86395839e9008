package cli

import (
	"bytes"
	"encoding/base64"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/signature"
)

// A hookServer keeps the bodies that it received.
type hookServer struct {
	*httptest.Server
	mutex   sync.Mutex
	bodies  []string
	headers []http.Header
}

func newHookServer(t *testing.T, status int, answer string) *hookServer {
	t.Helper()
	s := &hookServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		s.mutex.Lock()
		defer s.mutex.Unlock()
		s.bodies, s.headers = append(s.bodies, string(body)), append(s.headers, r.Header)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *hookServer) got() []string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.bodies
}

// tries runs webhook test with an environment.
func tries(environ []string, stdin string, args ...string) (int, string, string) {
	c := newCommand(stdin, nil)
	c.environ = append([]string{"LATCH_EGRESS_ALLOW=127.0.0.1", "LATCH_FQDN=latch.example", "LATCH_API_URL=https://latch.example"}, environ...)
	code := c.start(append([]string{"webhook", "test"}, args...)...)
	return code, c.stdout.String(), c.stderr.String()
}

const trialRelease = `
id: shop-4.2
title: Shop
instance: {name: shop}
steps: [{name: build, do: {command: {argv: [x]}}}, {name: deploy, do: {command: {argv: [x]}}}]
webhooks:
  - id: board
    url: URL/hooks/${release.id}
    secret: board
    events:
      - {event: BEFORE_RELEASE, blocking: true}
      - {event: AFTER_STEP, body: {step: "${step.name} ${step.status}", all: "${release.steps}"}}
  - id: log
    url: URL/log
    event: BEFORE_RELEASE
`

// Without --send nothing is sent, and the signature of the printed request is valid.
func TestWebhookTestShowsTheBytes(t *testing.T) {
	t.Parallel()
	server := newHookServer(t, 200, "")
	file := write(t, "release.yaml", strings.ReplaceAll(trialRelease, "URL", server.URL))
	environ := []string{"LATCH_SECRET_BOARD=mdoq-is-awesome"}
	code, out, errors := tries(environ, "", file, "--event", "BEFORE_RELEASE", "--webhook", "board")
	require.Equal(t, failure.ExitOK, code, errors)
	require.True(t, strings.HasPrefix(out, "POST /hooks/shop-4.2 HTTP/1.1\r\nHost: 127.0.0.1:"), out)
	for _, part := range []string{"\r\nX-Latch-Secret: ***\r\n", `{"secret":"***","lock":"release-shop-4.2:board:`,
		`"lock_url":"https://latch.example/locks/`, `"event":"BEFORE_RELEASE"`,
		`"environment":"","fqdn":"latch.example"`, `"title":"Shop"`, `"instance":{"name":"shop"}`, "\r\nWebhook-Signature: v1,"} {
		require.Contains(t, out, part)
	}
	require.NotContains(t, out+errors, "mdoq-is-awesome")
	require.Contains(t, errors, "BEFORE_RELEASE of webhook board, delivery dlv_test_")
	require.Empty(t, server.got())

	code, out, _ = tries(environ, "", file, "--event", "BEFORE_RELEASE", "--webhook", "board", "--show-secrets")
	require.Equal(t, failure.ExitOK, code)
	require.Contains(t, out, "\r\nX-Latch-Secret: mdoq-is-awesome\r\n")
	code, found, errors := execute(out, nil, "webhook", "verify", "-", "--secret-file", write(t, "key", "mdoq-is-awesome\n"))
	require.Equal(t, failure.ExitOK, code, found+errors)

	code, out, _ = tries(environ, "", file, "--event", "AFTER_STEP", "-o", "json")
	require.Equal(t, failure.ExitOK, code)
	shown := object(t, out)
	require.Equal(t, false, shown["sent"])
	require.Contains(t, shown["wire"], `{"secret":"***","step":"build done","all":[`)
	require.NotContains(t, shown, "outcome")
	require.Empty(t, server.got())
}

// With --send exactly the printed bytes are sent, and the answer is classified.
func TestWebhookTestSends(t *testing.T) {
	t.Parallel()
	private, public := signature.NewPair()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "pair"), []byte(private), 0o600))
	for name, test := range map[string]struct {
		status          int
		answer, outcome string
		code            int
		want            string
	}{
		"delivered": {200, `{"result":"pass","echo":"hunter2"}`, "delivered", failure.ExitOK, "\ndelivered\n"},
		"not understood": {200, `{"result":}`, "delivered", failure.ExitOK,
			"on_error does: the answer is not valid JSON: invalid character '}'"},
		"tried again":       {503, "busy", "retried", failure.ExitFailed, "\nwould be tried again after 5s: POST "},
		"failed for good":   {404, "", "failed", failure.ExitFailed, "\nfails for good: POST "},
		"steers a terminal": {404, "\x1b[2J", "failed", failure.ExitFailed, "\ufffd[2J"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := newHookServer(t, test.status, test.answer)
			file := write(t, "webhook.json", `{"id":"w","url":"`+server.URL+`","event":"JOB_SUCCESS",
				"when":"has(job.vars.tag)","secret":"pair",
				"auth":{"basic":{"username":"ada","password":"pass"}}}`)
			environ := []string{"LATCH_SECRETS_DIR=" + dir, "LATCH_SECRET_PASS=hunter2"}
			code, out, errors := tries(environ, "", file, "--event", "JOB_SUCCESS", "--send")
			require.Equal(t, test.code, code, errors)
			require.Contains(t, out, test.want)
			require.Len(t, server.got(), 1)
			require.Contains(t, out, "\r\n\r\n"+server.got()[0]+"\n\nanswered ")
			for _, value := range []string{"hunter2", private, base64.StdEncoding.EncodeToString([]byte("ada:hunter2"))} {
				require.NotContains(t, out+errors, value)
			}
			code, found, errors := execute(out, nil, "webhook", "verify", "-", "--secret-file", write(t, "key", public))
			require.Equal(t, failure.ExitOK, code, found+errors)

			code, out, errors = tries(environ, "", file, "--event", "JOB_SUCCESS", "--send", "-o", "json")
			require.Equal(t, test.code, code)
			require.NotContains(t, errors, "Error")
			shown := object(t, out)
			require.Equal(t, test.outcome, shown["outcome"])
			require.Equal(t, true, shown["sent"])
			require.EqualValues(t, test.status, shown["response"].(map[string]any)["status"])
			require.Equal(t, test.outcome == "retried", shown["retry_after"] == "5s")
		})
	}
}

// Problems in the file, the flags or the settings are reported. A delivery that a worker could
// not make is a different failure.
func TestWebhookTestRefuses(t *testing.T) {
	t.Parallel()
	release := strings.ReplaceAll(trialRelease, "URL", "https://example.com")
	for name, test := range map[string]struct {
		input string
		args  []string
		code  int
		want  string
	}{
		"no event": {release, nil, failure.ExitUsage, "--event is required"},
		"several webhooks": {release, []string{"--event", "BEFORE_RELEASE"}, failure.ExitUsage,
			`-: several webhooks listen to BEFORE_RELEASE: say which by --webhook; they are "board", "log"`},
		"nobody listens": {release, []string{"--event", "RELEASE_SUCCESS"}, failure.ExitUsage,
			`-: no webhook listens to RELEASE_SUCCESS; there are "board", "log"`},
		"another's event": {release, []string{"--event", "AFTER_STEP", "--webhook", "log"}, failure.ExitUsage,
			`webhook "log" does not listen to AFTER_STEP`},
		"no such webhook": {release, []string{"--event", "AFTER_STEP", "--webhook", "bord"}, failure.ExitUsage,
			`there is no webhook "bord"; there are "board", "log"`},
		"no url": {`{"event":"A","webhooks":[{"id":"w","events":[{"event":"A","blocking":true}]}]}`,
			[]string{"--event", "A"}, failure.ExitUsage, `webhook "w" has no url`},
		"a bad file": {`{"event":"A","webhooks":[{"id":"w","url":"ftp://a","event":"A"}]}`,
			[]string{"--event", "A"}, failure.ExitUsage, "webhooks[0].url: "},
		"a bad webhook": {`{"id":"w","url":"https://a/","event":"A","auth":{}}`, []string{"--event", "A"},
			failure.ExitUsage, "-: auth: auth is exactly one of"},
		"nothing known": {`{"id":"w"}`, []string{"--event", "A"}, failure.ExitUsage, "a webhook has a url or events"},
		"no variables": {release, []string{"--event", "AFTER_STEP", "--variables", "/nowhere"}, failure.ExitUsage,
			"--variables: /nowhere: cannot be read"},
		"a missing secret": {release, []string{"--event", "AFTER_STEP"}, failure.ExitFailed,
			`the delivery would fail for good: webhook "board": this worker has no secret "board": set LATCH_SECRET_BOARD`},
		"a missing variable": {`{"event":"A","webhooks":[{"id":"w","url":"https://a/${data.x}","event":"A"}]}`,
			[]string{"--event", "A"}, failure.ExitFailed, "the delivery would fail for good: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code, out, errors := tries(nil, test.input, append([]string{"-"}, test.args...)...)
			require.Equal(t, test.code, code, errors)
			require.Contains(t, errors, test.want)
			require.Empty(t, out)
		})
	}
	code, _, errors := tries([]string{"LATCH_EGRESS_ALLOW=nonsense!"}, release, "-", "--event", "AFTER_STEP")
	require.Equal(t, failure.ExitUsage, code)
	require.Contains(t, errors, "LATCH_EGRESS_ALLOW")
}

// Every event of a job and a release has variables, and --variables overrides them.
func TestWebhookTestMakesUpVariables(t *testing.T) {
	t.Parallel()
	const body = `"body":{"is":"${event}","job":"${job}","release":"${release}","steps":"${steps}",
		"step":"${step}","jobs":"${jobs}","run":"${run}","vars":"${vars}","records":"${records}",
		"data":"${data}"}`
	for event, want := range map[string]string{
		"JOB_START": `"returncode":null`, "JOB_COMPLETE": `"returncode":0`, "JOB_SUCCESS": `"error":""`, "JOB_FAILURE": `"returncode":1`,
		"BEFORE_RELEASE": `"status":"running"`, "BEFORE_STEP": `"name":"deploy","status":"pending"`,
		"AFTER_STEP":              `"name":"deploy","status":"done"`,
		"BEFORE_RELEASE_COMPLETE": `"status":"done"`, "RELEASE_COMPLETE": `"status":"released"`, "RELEASE_SUCCESS": `"status":"released"`,
		"RELEASE_STOPPED": `"status":"stopped"`, "RELEASE_ROLLED_BACK": `"status":"rolled_back"`,
		"RELEASE_FAILURE": `"status":"failed"`, "CREATED": `"is":"CREATED"`,
	} {
		code, out, errors := tries(nil, `{"id":"w","url":"https://example.com/","event":"`+event+`",`+body+`}`, "-", "--event", event)
		require.Equal(t, failure.ExitOK, code, errors)
		require.Contains(t, out, want, event)
	}
	over := write(t, "over.yaml", "job: {status: {kvp: {rows: 1.50}}}\nvars: {a: b}")
	code, out, errors := tries(nil, `{"id":"22739","title":"Sync","task":{"command":{"argv":["x"]}},
		"vars":{"a":1,"c":2},"schedule":"0 0 * * *",
		"webhooks":[{"id":"w","url":"https://example.com/","event":"JOB_SUCCESS",
			"body":{"text":"${job.title} ${job.schedule} ${job.status.returncode} ${vars.a} ${vars.c}",
				"rows":"${job.status.kvp.rows}"}}]}`, "-", "--event", "JOB_SUCCESS", "--variables", over)
	require.Equal(t, failure.ExitOK, code, errors)
	require.Contains(t, out, `{"text":"Sync 0 0 * * * 0 b 2","rows":1.50}`)
	code, _, errors = tries(nil, `{"event":"A","webhooks":[{"id":"w","url":"https://a/","event":"A"}]}`, "-", "--event",
		"A", "--variables", write(t, "over.json", `{"jbo":{},"event":"B"}`))
	require.Equal(t, failure.ExitUsage, code)
	require.Contains(t, errors, `there is no variable "event"; there are job release`)
	require.Contains(t, errors, `there is no variable "jbo"`)
}

// The output cannot control a terminal.
func TestWebhookTestOnATerminal(t *testing.T) {
	t.Parallel()
	c := newCommand(`{"event":"A","data":{"x":"\u001b[2J"},
		"webhooks":[{"id":"w","url":"https://example.com/","event":"A","content_type":"text/plain",
			"body":"${data.x}"}]}`, nil)
	c.out.Terminal = true
	require.Equal(t, failure.ExitOK, c.start("webhook", "test", "-", "--event", "A"))
	require.Contains(t, c.stdout.String(), "POST / HTTP/1.1\nHost: example.com\n")
	require.False(t, bytes.ContainsAny(c.stdout.Bytes(), "\r\x1b"))
}

// A key that looks damaged stops the command before anything is rendered.
func TestWebhookTestRefusesMarredKeys(t *testing.T) {
	t.Parallel()
	file := write(t, "release.yaml", strings.ReplaceAll(trialRelease, "URL", "http://127.0.0.1:1"))
	code, out, errors := tries([]string{"LATCH_SECRET_BOARD='mdoq-is-awesome'", "LATCH_SECRET_OTHER=WHSEC_AAEC"}, "",
		file, "--event", "BEFORE_RELEASE", "--webhook", "board", "--send")
	require.Equal(t, failure.ExitUsage, code)
	require.Empty(t, out)
	require.Contains(t, errors, "LATCH_SECRET_BOARD: its line 1 stands in quotation marks")
	require.Contains(t, errors, "LATCH_SECRET_OTHER: its line 1 has a key of Standard Webhooks in it")
	require.NotContains(t, errors, "mdoq-is-awesome")
	require.NotContains(t, errors, "AAEC")
}
