package latchtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/plugin"
)

// T is the part of *testing.T that this package uses.
type T interface {
	Helper()
	Errorf(format string, args ...any)
	FailNow()
	Cleanup(func())
}

// Options configure the environment's worker. The zero value has no secrets and
// nothing registered.
type Options struct {
	// Plugin are the options of Latch's plugin, as for a worker: values of
	// secrets, the address in links to locks. EgressAllow and EgressProxy have
	// no effect, because nothing is dialled. Without FQDN and APIURL,
	// system.fqdn is latch.test.
	Plugin plugin.Options
	// Worker are the environment's worker options, with your own interceptors
	// and plugins. Do not include Latch's plugin.
	Worker worker.Options
	// Webhooks are registered webhooks. They apply as in production.
	Webhooks []latch.RegisteredWebhook
	// Freezes are registered freezes. Their windows count by the environment's clock; see
	// SetStartTime. A script of On("freeze:<id>", Any) removes their locks.
	Freezes []latch.RegisteredFreeze
	// Jobs are registered jobs, for sequences that name them and for
	// latch.Trigger. Their schedules do not run.
	Jobs []latch.Job
	// Strict fails the test for each request that no script answers.
	Strict bool
}

// Hooks stands for the endpoints and people around the workflows of one test
// environment.
type Hooks struct {
	t       T
	env     *testsuite.TestWorkflowEnvironment
	options Options

	// over is true once the test has ended: activities still running must not
	// fail it.
	over atomic.Bool

	mutex    sync.Mutex
	rules    []*rule
	requests []*Request
	runs     []*run
	sends    map[activityKey]*progress
	seen     map[string]bool // by the lock's token
	made     []string        // all locks, for messages
	updates  int
}

// New adds Latch to the environment, with zero [Options]. Call it before the
// environment executes anything.
func New(t T, env *testsuite.TestWorkflowEnvironment) *Hooks {
	t.Helper()
	return NewWithOptions(t, env, Options{})
}

// NewWithOptions adds Latch to the environment. It calls SetWorkerOptions, so
// pass your own worker options in options. Invalid options end the test at
// once.
func NewWithOptions(t T, env *testsuite.TestWorkflowEnvironment, options Options) *Hooks {
	t.Helper()
	h := &Hooks{t: t, env: env, options: options, sends: map[activityKey]*progress{}, seen: map[string]bool{}}
	if options.Plugin.FQDN == "" && options.Plugin.APIURL == "" {
		options.Plugin.FQDN = "latch.test"
	}
	registered := plugin.New(options.Plugin)
	if slices.ContainsFunc(options.Worker.Plugins, func(p worker.Plugin) bool { return p.Name() == registered.Name() }) {
		h.fatalf("latchtest: Options.Worker has Latch's plugin already; give its options as Options.Plugin")
	}
	if err := errors.Join(append(h.unregistrable(), registered.Err())...); err != nil {
		h.fatalf("latchtest: %v", err)
	}
	if err := h.install(registered); err != nil {
		h.fatalf("latchtest: %v", err)
	}
	t.Cleanup(h.finish)
	return h
}

// install adds the plugin to the environment. It does not add it as a plugin of
// the environment, which would remove what the plugin registered when the
// workflow ends, although activities may still be running.
func (h *Hooks) install(latchs *plugin.Plugin) error {
	ctx, options := context.Background(), h.options.Worker
	options.Interceptors = append([]interceptor.WorkerInterceptor{&observer{hooks: h}}, options.Interceptors...)
	if err := latchs.ConfigureWorker(ctx, worker.PluginConfigureWorkerOptions{WorkerOptions: &options}); err != nil {
		return err
	}
	h.env.SetWorkerOptions(options)
	register := worker.PluginStartWorkerOptions{WorkerRegistry: h.env}
	return latchs.StartWorker(ctx, register, func(context.Context, worker.PluginStartWorkerOptions) error { return nil })
}

// unregistrable returns the problems with the registered webhooks and jobs.
func (h *Hooks) unregistrable() (problems []error) {
	for i, webhook := range h.options.Webhooks {
		data, err := json.Marshal(webhook)
		if err == nil {
			_, err = admission.DecodeRegisteredWebhook(data)
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("latchtest.Options.Webhooks[%d] (%q): %w", i, webhook.ID, err))
		}
	}
	for i := range h.options.Jobs {
		if err := admission.CheckJob(&h.options.Jobs[i]).Err(); err != nil {
			problems = append(problems, fmt.Errorf("latchtest.Options.Jobs[%d] (%q): %w", i, h.options.Jobs[i].ID, err))
		}
	}
	return problems
}

// errorf fails the test unless it has ended, when failing it would panic.
func (h *Hooks) errorf(format string, args ...any) {
	h.t.Helper()
	if !h.over.Load() {
		h.t.Errorf(format, args...)
	}
}

// fatalf fails and ends the test.
func (h *Hooks) fatalf(format string, args ...any) {
	h.t.Helper()
	h.t.Errorf(format, args...)
	h.t.FailNow()
}
