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
	// horizon is how long a run may take on the skipped clock. A run that still waits then
	// waits for something that never happens.
	horizon = 2 * 365 * 24 * time.Hour
	// never is later than the end of any run.
	never = 2 * horizon
	// placeholder is the value of every secret. It is masked in the output.
	placeholder = "a secret that a dry run does not know"
)

// An Input is what runs: an admitted job, release or emission.
type Input struct {
	Kind latch.Kind
	ID   string
	Data json.RawMessage
	// Spec is the decoded Data: a *[latch.Job], *[latch.Release] or *[latch.Emission].
	Spec any
}

// Options describe the worker of the run.
type Options struct {
	// Webhooks, Freezes and Jobs are the registered ones.
	Webhooks []latch.RegisteredWebhook
	Freezes  []latch.RegisteredFreeze
	Jobs     []latch.Job
	// Now is when the run begins, which counts for freezes; the zero value is the present.
	Now time.Time
	// FQDN and Environment are the template variables system.fqdn and system.environment.
	// APIURL is the base of locks' links.
	FQDN, Environment, APIURL string
	// Patience bounds the real time of the dry run.
	Patience time.Duration
}

// Run runs the input and reports what happened. It sends nothing, runs no command and needs no
// secret.
//
// The first result of an activity, a workflow or a command counts: their retries are not
// simulated. Every secret has the same made-up value, so a webhook with a client certificate
// (tls) fails as if it lacked the secret.
func Run(ctx context.Context, input Input, answers *Answers, options Options) (*Report, error) {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(log.NewStructuredLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	env := suite.NewTestWorkflowEnvironment()
	env.SetWorkflowRunTimeout(horizon)
	env.SetTestTimeout(options.Patience)
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: input.Kind.WorkflowID(input.ID)})
	if !options.Now.IsZero() {
		env.SetStartTime(options.Now)
	}
	r := &rehearsed{input: input, env: env, begun: env.Now(), answers: answers, freezes: options.Freezes,
		standIn: &standIn{answers: answers.Tasks, given: map[int]int{}, chooser: newChooser(answers.Steps, env)}}

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
			Worker: worker.Options{Interceptors: []interceptor.WorkerInterceptor{r.standIn},
				DeadlockDetectionTimeout: options.Patience}, // a busy machine is not a deadlock
			Webhooks: options.Webhooks, Freezes: options.Freezes, Jobs: options.Jobs})
		r.standIn.requests = func() int { return len(r.hooks.Requests()) }
		r.standIn.chooser.requests = r.standIn.requests
		answers.script(r.hooks, options.Freezes)
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
	freezes []latch.RegisteredFreeze
	hooks   *latchtest.Hooks
	standIn *standIn
	judge   judge
}

// A judge is the test that [latchtest] requires. It fails only if the hooks are misused, which
// validated answers cannot cause.
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

// secretsIn returns a value for each secret that the input, or a registered entry, names.
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
