package dryrun

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/fields"
	"github.com/latch-run/latch/latchtest"
	"github.com/latch-run/latch/plugin"
)

const (
	// horizon is how long a run may take by the skipped clock: one that still waits
	// then waits for somebody who does not come.
	horizon = 2 * 365 * 24 * time.Hour
	// never is later than any run takes.
	never = 2 * horizon
	// placeholder is the value of every secret. It is masked in what is shown.
	placeholder = "a secret that a dry run does not know"
)

// An Input is what runs: a job, a release or an emission that admission takes.
type Input struct {
	Kind latch.Kind
	ID   string
	Data json.RawMessage
	// Spec is what Data says: a *[latch.Job], *[latch.Release] or *[latch.Emission].
	Spec any
}

// Options say what a run would find on its worker.
type Options struct {
	// Webhooks and Jobs are registered.
	Webhooks []latch.RegisteredWebhook
	Jobs     []latch.Job
	// FQDN and Environment are what templates see as system.fqdn and
	// system.environment; APIURL is where locks' links lead.
	FQDN, Environment, APIURL string
	// Patience bounds how long the dry run itself may take.
	Patience time.Duration
}

// Run runs the input and reports what happened. Nothing is sent, no command runs and no
// secret is needed.
//
// Of an activity, a workflow and a command the first result counts: their retries
// are not played through. Every secret has the same made-up value, so that a
// webhook with a client certificate (tls) fails as it would without the secret.
func Run(ctx context.Context, input Input, answers *Answers, options Options) (*Report, error) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	env := suite.NewTestWorkflowEnvironment()
	env.SetWorkflowRunTimeout(horizon)
	env.SetTestTimeout(options.Patience)
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: input.Kind.WorkflowID(input.ID)})
	r := &rehearsed{input: input, env: env, begun: env.Now(), answers: answers, standIn: &standIn{answers: answers.Tasks, given: map[int]int{}}}

	ended := make(chan error, 1)
	go func() {
		err := errors.New("it did not end")
		defer func() {
			if panicked := recover(); panicked != nil {
				err = fmt.Errorf("%v", panicked)
			}
			ended <- err
		}()
		r.hooks = latchtest.NewWithOptions(&r.judge, env, latchtest.Options{
			Plugin: plugin.Options{Secrets: secretsIn(input, options), FQDN: options.FQDN, Environment: options.Environment,
				APIURL: options.APIURL, AllowCommands: true},
			Worker:   worker.Options{Interceptors: []interceptor.WorkerInterceptor{r.standIn}},
			Webhooks: options.Webhooks, Jobs: options.Jobs})
		r.standIn.requests = func() int { return len(r.hooks.Requests()) }
		answers.script(r.hooks)
		env.ExecuteWorkflow(input.Kind.Workflow(), input.Data)
		err = nil
	}()
	select {
	case err := <-ended:
		if err = errors.Join(err, r.judge.err()); err != nil {
			return nil, fmt.Errorf("the plan could not be made: %w", err)
		}
		return r.report(), nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// rehearsed is a run that has ended.
type rehearsed struct {
	input   Input
	env     *testsuite.TestWorkflowEnvironment
	begun   time.Time
	answers *Answers
	hooks   *latchtest.Hooks
	standIn *standIn
	judge   judge
}

// A judge is the test that [latchtest] wants. It fails where the hooks are misused,
// which answers that were checked cannot do.
type judge struct {
	mutex    sync.Mutex
	failures []string
}

func (j *judge) Helper()        {}
func (j *judge) Cleanup(func()) {}
func (j *judge) FailNow()       { runtime.Goexit() }
func (j *judge) Errorf(format string, args ...any) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.failures = append(j.failures, strings.TrimPrefix(fmt.Sprintf(format, args...), "latchtest: "))
}

func (j *judge) err() error {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if len(j.failures) == 0 {
		return nil
	}
	return errors.New(strings.Join(j.failures, "; "))
}

// secretsIn returns a value for each secret that the input, or what is registered,
// names.
func secretsIn(input Input, options Options) map[string]string {
	secrets := map[string]string{}
	add := func(of any) {
		for _, field := range fields.Of(of) {
			if field.Role.IsSecret() {
				secrets[field.Text()] = placeholder
			}
		}
	}
	add(input.Spec)
	for i := range options.Webhooks {
		add(&options.Webhooks[i])
	}
	for i := range options.Jobs {
		add(&options.Jobs[i])
	}
	return secrets
}
