package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/process"
)

// These are keys of each role, in the format of LATCH_API_KEYS.
const apiKeys = "ann=admin-key=1-0123456789,ci:run=run-key-0123456789,board:lock=lock-key-0123456789,eye:read=read-key-0123456789"

// A served is a process of `starter serve`.
type served struct {
	*bench
	process *process.Process
	url     string
}

// within returns the API for a case of the test, with the case's context: the case may have waited
// for its turn longer than a test may take.
func (s *served) within(c *lane) *served {
	own := *s
	own.bench = c.bench
	return &own
}

// serve starts an API on the bench's task queue. Settings are variables of its environment.
func (b *bench) serve(settings ...string) *served {
	b.Helper()
	address := freeAddress(b.T)
	for i := 0; i+1 < len(settings); i += 2 {
		if settings[i] == "LATCH_API_ADDR" {
			address = settings[i+1]
		}
	}
	env := []string{"TEMPORAL_ADDRESS=" + shared.server.FrontendHostPort, "LATCH_TASK_QUEUE=" + b.queue, "LATCH_API_ADDR=" + address}
	for i := 0; i+1 < len(settings); i += 2 {
		env = append(env, settings[i]+"="+settings[i+1])
	}
	s := &served{bench: b, url: "http://" + address}
	s.process = process.Start(b.T, process.Command{Path: shared.starterPath, Args: []string{"serve"}, Env: env})
	b.serving = append(b.serving, s.process)
	b.Cleanup(func() { b.standing(s.process) }) // before it is killed
	require.NoError(b, s.process.AwaitReady(b.ctx, s.url+"/openapi.json"), s.process.Stderr.String())
	return s
}

// A reply is an answer of the API.
type reply struct {
	status int
	header http.Header
	body   string
}

// call sends a request with the headers, given as alternating names and values. Like a
// well-behaved client it retries when the API answers 503.
func (s *served) call(method, path, body string, headers ...string) reply {
	s.Helper()
	for ticker := time.Tick(tick); ; <-ticker {
		if got := s.callOnce(method, path, body, headers...); got.status != http.StatusServiceUnavailable || s.ctx.Err() != nil {
			return got
		}
	}
}

func (s *served) callOnce(method, path, body string, headers ...string) reply {
	s.Helper()
	request, err := http.NewRequestWithContext(s.ctx, method, s.url+path, strings.NewReader(body))
	require.NoError(s, err)
	if body != "" {
		request.Header.Set("Content-Type", "application/json")
	}
	return s.send(request, headers...)
}

// send sends a request with further headers, given as alternating names and values.
func (s *served) send(request *http.Request, headers ...string) reply {
	s.Helper()
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(s, err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	require.NoError(s, err)
	return reply{response.StatusCode, response.Header, string(text)}
}

// as sends a request with a key.
func (s *served) as(key, method, path, body string) reply {
	s.Helper()
	return s.call(method, path, body, "Authorization", "Bearer "+key)
}

// read decodes an answer with the status.
func (r reply) read(t require.TestingT, status int, into any) {
	require.Equal(t, status, r.status, r.body)
	if into != nil {
		require.NoError(t, json.Unmarshal([]byte(r.body), into), r.body)
	}
}

// A problem is an error answer.
type problem struct {
	Status     int
	Title      string
	Detail     string
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
	Errors     []struct{ Location, Message string }
	Record     *latch.Record
}

// problem checks an answer against RFC 9457.
func (r reply) problem(t require.TestingT, status int) problem {
	var p problem
	r.read(t, status, &p)
	require.Equal(t, "application/problem+json", r.header.Get("Content-Type"), r.body)
	require.Equal(t, status, p.Status)
	require.NotEmpty(t, p.Title)
	require.NotEmpty(t, p.Detail)
	return p
}

// held starts a release that a lock holds, and returns the workflow id and the token.
func (s *served) held(id string) (workflowID, token string) {
	s.Helper()
	var started struct {
		WorkflowID string `json:"workflow_id"`
	}
	s.as("run-key-0123456789", "POST", "/latch/v1/releases", heldRelease(id)).read(s, 201, &started)
	return started.WorkflowID, s.token(started.WorkflowID)
}

// heldRelease is a release with a lock before a step that any worker can run.
func heldRelease(id string) string {
	return `{"id":"` + id + `","title":"The shop","webhooks":[{"id":"board","events":[{"event":"BEFORE_RELEASE","blocking":true},
		{"event":"BEFORE_RELEASE_COMPLETE","blocking":true,"lock_timeout":"4h"}]}],
		"steps":[{"name":"migrate","do":{"workflow":{"type":"latch.Emit","input":{"event":"MIGRATED"}}},
			"undo":{"workflow":{"type":"latch.Emit","input":{"event":"RESTORED"}}}}]}`
}

// token waits for a run's open lock.
func (s *served) token(workflowID string) string {
	s.Helper()
	var token string
	require.Eventually(s, func() bool {
		if locks := s.status(workflowID).Locks; len(locks) == 1 {
			token = locks[0].Token
		}
		return token != ""
	}, patience, tick)
	return token
}

func lockPath(token string) string { return "/latch/v1/locks/" + url.PathEscape(token) }
