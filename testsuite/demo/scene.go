package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"strings"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/testsuite/receiver"
	"github.com/latch-run/latch/testsuite/stack"
)

// showcase is one case: what a document says, and how to show it.
type showcase struct {
	title  string
	source string // of the document
	says   string
	play   func(*scene)
}

// scene is the setting of a case: the stack, and a receiver of its own. It
// implements testify's TestingT, so that require ends the case.
type scene struct {
	*account
	ctx      context.Context // bounds the case
	up       *stack.Stack
	receiver *receiver.Receiver
	told     int // requests to the receiver already printed
	outcome  outcome
}

// ended is the value with which FailNow panics.
type ended struct{}

// Errorf and FailNow implement require.TestingT.
func (s *scene) Errorf(format string, args ...any) {
	text := withoutTrace(fmt.Sprintf(format, args...))
	s.outcome.failures = append(s.outcome.failures, text)
	s.wrong(text)
}

// withoutTrace removes the call stack from a report of require: the expected
// and actual values suffice.
func withoutTrace(report string) string {
	if before, rest, found := strings.Cut(report, "Error Trace:"); found {
		if _, after, found := strings.Cut(rest, "\tError:"); found {
			report = before + "\tError:" + after
		}
	}
	return strings.TrimSpace(report)
}

// FailNow ends the case.
func (s *scene) FailNow() { panic(ended{}) }

// runCase runs a case until it returns, fails a check or panics. A panic is a
// failure too, because everything that was started must be stopped.
func runCase(ctx context.Context, told *account, up *stack.Stack, one showcase) (result outcome) {
	ctx, cancel := context.WithTimeout(ctx, hang.Limit)
	defer cancel()
	s := &scene{account: told, ctx: ctx, up: up, outcome: outcome{title: one.title}}
	began := time.Now()
	defer func() {
		if r := recover(); r != nil && r != (ended{}) {
			s.Errorf("panic: %v\n%s", r, debug.Stack())
		}
		if s.receiver != nil {
			if err := s.receiver.Stop(); err != nil {
				s.Errorf("%v", err)
			}
		}
		for _, url := range s.outcome.pages {
			s.page(url)
		}
		s.outcome.took = time.Since(began)
		result = s.outcome
	}()
	var err error
	s.receiver, err = receiver.Listen()
	require.NoError(s, err)
	one.play(s)
	return
}

// start starts a workflow by name on Latch's task queue, as any Temporal client
// can. The input is one of Latch's types or JSON.
func (s *scene) start(workflow, id, title string, input any) client.WorkflowRun {
	s.does("start %s as %q", workflow, id)
	run, err := s.up.Client.ExecuteWorkflow(s.ctx, client.StartWorkflowOptions{
		ID: id, TaskQueue: latch.DefaultTaskQueue, StaticSummary: title,
	}, workflow, input)
	require.NoError(s, err, "start of %s", id)
	s.shows(id, run.GetRunID())
	return run
}

// shows records a run whose page is to be printed.
func (s *scene) shows(id, runID string) {
	s.outcome.pages = append(s.outcome.pages, s.up.RunURL(id, runID))
}

// finish waits for a run's result.
func (s *scene) finish(run client.WorkflowRun, result any) {
	err := run.Get(s.ctx, result)
	s.tellRequests()
	require.NoError(s, err, "result of %s", run.GetID())
}

// job waits for a job's result, which must be a success.
func (s *scene) job(run client.WorkflowRun) latch.JobResult {
	var result latch.JobResult
	s.finish(run, &result)
	require.Equal(s, latch.JobSucceeded, result.Status, "status of %s", run.GetID())
	s.came("job %s %s", result.ID, result.Status)
	return result
}

// answers sets the answers of a path of the receiver, in order.
func (s *scene) answers(path string, answers ...receiver.Answer) {
	var told []string
	for _, answer := range answers {
		told = append(told, strings.TrimSpace(fmt.Sprintf("%d %s", cmp.Or(answer.Status, 200), answer.Body)))
	}
	s.does("the receiver's %s is to answer %s", path, strings.Join(told, ", then "))
	s.receiver.Script(path, answers...)
}

// arrived waits for n requests to a path of the receiver, and prints all that
// arrive meanwhile. More than n requests are a failure.
func (s *scene) arrived(path string, n int) []receiver.Request {
	for i := range n {
		_, err := s.receiver.Wait(s.ctx, path, i+1)
		s.tellRequests()
		require.NoError(s, err, "requests to %s", path)
	}
	requests := s.receiver.Requests(path)
	require.Len(s, requests, n, "requests to %s", path)
	return requests
}

// tellRequests prints the requests that have not been printed yet, in order.
func (s *scene) tellRequests() {
	requests := s.receiver.Requests("")
	for _, request := range requests[s.told:] {
		s.came("%s", describe(request))
	}
	s.told = len(requests)
}

// starter runs the starter's command line with stdin, and returns and prints
// its output. The exit code must be the given one.
func (s *scene) starter(exitCode int, stdin string, args ...string) string {
	s.does("starter %s", strings.Join(args, " "))
	result, err := s.up.RunStarter(s.ctx, stdin, args...)
	require.NoError(s, err, "starter")
	s.tellRequests()
	s.came("%s", strings.TrimSpace(result.Stdout))
	require.Equal(s, exitCode, result.ExitCode, "starter's exit code; it said: %s%s", result.Stderr, result.Stdout)
	return result.Stdout
}

// query queries a run.
func (s *scene) query(run client.WorkflowRun, name string, answer any) {
	value, err := s.up.Client.QueryWorkflow(s.ctx, run.GetID(), run.GetRunID(), name)
	require.NoError(s, err, "query %s of %s", name, run.GetID())
	require.NoError(s, value.Get(answer), "answer of query %s", name)
}

// await waits until holds returns true, or fails when the case's time is over.
func (s *scene) await(what string, holds func() bool) {
	ticker := time.NewTicker(20 * time.Millisecond)
	defer ticker.Stop()
	for !holds() {
		select {
		case <-ticker.C:
		case <-s.ctx.Done():
			require.FailNow(s, "not in time: "+what, "%v", context.Cause(s.ctx))
		}
	}
}

// decode decodes JSON.
func (s *scene) decode(data []byte, into any) {
	require.NoError(s, json.Unmarshal(data, into), "JSON %s", data)
}

// text returns a string as JSON.
func text(value string) json.RawMessage {
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(err) // a string always encodes
	}
	return encoded
}
