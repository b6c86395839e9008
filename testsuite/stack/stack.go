package stack

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"

	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/testsuite/freeport"
	"github.com/latch-run/latch/testsuite/process"
	"github.com/latch-run/latch/testsuite/server"
)

const (
	module = "github.com/latch-run/latch"

	// drainTimeout is how long a worker waits after SIGTERM for what is in flight, unless the
	// settings say otherwise.
	drainTimeout = "5s"

	healthOff = "off"
)

// Options configures Start.
type Options struct {
	// Server configures the Temporal server. Its UI and HTTP API are always on.
	Server server.Options

	// Worker are the worker's settings. Its connection to Temporal is the stack's.
	// LATCH_HEALTH_ADDR defaults to a free port of loopback.
	Worker Environment

	// Starter says to build the starter too, for RunStarter.
	Starter bool

	// API is the address of the HTTP API, or empty for none. It must be on loopback unless the
	// settings have keys. The worker's links to locks use it, unless its settings say
	// otherwise.
	API string

	// Race builds the commands with the race detector, which needs a C compiler.
	Race bool

	// Builder builds the commands and outlives the stack, for several stacks. If nil, the stack
	// has its own. If set, it determines Race.
	Builder *process.Builder

	// Progress is called with the name of each step that begins. It may be nil.
	Progress func(what string)
}

// Stack is a running stack. Its fields don't change while it runs.
type Stack struct {
	Server *server.Server

	// Client is connected to the server's first namespace.
	Client client.Client

	// Worker is Latch's worker.
	Worker *process.Process

	// HealthURL is the base of the worker's health server, or empty if it is off.
	HealthURL string

	// API is the process of the HTTP API, or nil. APIURL is its base.
	API    *process.Process
	APIURL string

	namespace string
	starter   string
	builder   *process.Builder // of this stack only
}

// NewBuilder returns a builder of Latch's commands. It finds the checkout by the Go module of the
// working folder, which must be Latch's or one that requires it. Close removes the builds.
func NewBuilder(ctx context.Context, race bool) (*process.Builder, error) {
	root, err := process.ModuleDir(ctx, module)
	if err != nil {
		return nil, err
	}
	return process.NewBuilder(root, race)
}

// Start builds the commands and starts everything. The worker takes work when it returns. The
// context only bounds the start. If it fails, nothing keeps running. A stack with a builder of its
// own finds the checkout as [NewBuilder] does.
func Start(ctx context.Context, o Options) (*Stack, error) {
	if o.Progress == nil {
		o.Progress = func(string) {}
	}
	s := &Stack{namespace: server.DefaultNamespace}
	if len(o.Server.Namespaces) > 0 {
		s.namespace = o.Server.Namespaces[0]
	}
	if err := s.start(ctx, o); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Stack) start(ctx context.Context, o Options) error {
	o.Progress("building Latch's commands")
	worker, err := s.build(ctx, o)
	if err != nil {
		return err
	}
	o.Progress("starting Temporal")
	o.Server.HTTP, o.Server.UI = true, true
	if s.Server, err = server.Start(ctx, o.Server); err != nil {
		return err
	}
	s.Client, err = client.DialContext(ctx, server.Persistent(client.Options{
		HostPort: s.Server.FrontendHostPort, Namespace: s.namespace,
		Logger: log.NewStructuredLogger(slog.New(slog.DiscardHandler)),
	}))
	if err != nil {
		return fmt.Errorf("stack: connecting to Temporal: %w", err)
	}
	o.Progress("starting the worker")
	if o.API == "" {
		return s.startWorker(ctx, worker, o.Worker)
	}
	o.Worker = slices.Concat(Environment{"LATCH_API_URL=http://" + o.API}, o.Worker)
	if err := s.startWorker(ctx, worker, o.Worker); err != nil {
		return err
	}
	o.Progress("starting the API")
	return s.startAPI(ctx, o)
}

// startAPI serves the HTTP API with the worker's settings.
func (s *Stack) startAPI(ctx context.Context, o Options) (err error) {
	s.APIURL = "http://" + o.API
	env := slices.Concat(Environment{"LATCH_TEMPORAL_UI_URL=" + s.Server.UIURL, "LATCH_COMPLETION_CALLBACK_URL=" + s.APIURL}, o.Worker, Environment{"LATCH_API_ADDR=" + o.API}, s.connection())
	if s.API, err = process.Begin(process.Command{Path: s.starter, Args: []string{"serve"}, Env: env}); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, hang.Limit)
	defer cancel()
	if err := s.API.AwaitReady(ctx, s.APIURL+"/openapi.json"); err != nil {
		return fmt.Errorf("stack: the API does not answer: %w; its log ends:\n%s", err, lastLines(s.API.Stderr.String(), 40))
	}
	return nil
}

// build builds the commands and returns the worker's path.
func (s *Stack) build(ctx context.Context, o Options) (worker string, err error) {
	builder := o.Builder
	if builder == nil {
		if s.builder, err = NewBuilder(ctx, o.Race); err != nil {
			return "", err
		}
		builder = s.builder
	}
	if o.Starter || o.API != "" {
		if s.starter, err = builder.Build(ctx, "./starter"); err != nil {
			return "", err
		}
	}
	return builder.Build(ctx, "./worker")
}

func (s *Stack) startWorker(ctx context.Context, path string, settings Environment) error {
	free, err := freeport.Address()
	if err != nil {
		return fmt.Errorf("stack: port for the worker's health: %w", err)
	}
	health := settings.Value("LATCH_HEALTH_ADDR", free)
	env := slices.Concat([]string{"LATCH_DRAIN_TIMEOUT=" + drainTimeout, "LATCH_HEALTH_ADDR=" + health}, settings, s.connection())
	if s.Worker, err = process.Begin(process.Command{Path: path, Env: env}); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, hang.Limit)
	defer cancel()
	if health != healthOff {
		s.HealthURL = "http://" + health
		if err := s.Worker.AwaitReady(ctx, s.HealthURL+"/readyz"); err != nil {
			return err
		}
	}
	// Another worker may have answered there, so this one's own log decides.
	if health != healthOff && !settings.logsInfo() {
		return s.workerLives()
	}
	return s.awaitStarted(ctx)
}

// awaitStarted returns once the worker's log says that it takes work, or fails if the worker
// ends.
func (s *Stack) awaitStarted(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-s.Worker.Ended():
			cancel()
		case <-ctx.Done():
		}
	}()
	_, err := s.Worker.Stderr.Wait(ctx, "worker started")
	if ended := s.workerLives(); ended != nil {
		return ended
	}
	return err
}

// workerLives returns an error if the worker has ended.
func (s *Stack) workerLives() error {
	select {
	case <-s.Worker.Ended():
		return fmt.Errorf("stack: the worker ended as it started; its log ends:\n%s", s.WorkerLog(40))
	default:
		return nil
	}
}

// connection returns the settings with which a process finds the stack's Temporal.
func (s *Stack) connection() Environment {
	return Environment{"TEMPORAL_ADDRESS=" + s.Server.FrontendHostPort, "TEMPORAL_NAMESPACE=" + s.namespace}
}

// RunStarter runs the starter's command line to its end, against the stack, with a text as its
// standard input. An exit code other than 0 is a result. It needs Options.Starter.
func (s *Stack) RunStarter(ctx context.Context, stdin string, args ...string) (process.Result, error) {
	return process.Run(ctx, process.Command{
		Path: s.starter, Args: args, Env: s.connection(), Stdin: strings.NewReader(stdin),
	})
}

// RunURL returns the page of a workflow's run in Temporal's UI.
func (s *Stack) RunURL(workflowID, runID string) string {
	return fmt.Sprintf("%s/namespaces/%s/workflows/%s/%s/history", s.Server.UIURL,
		url.PathEscape(s.namespace), url.PathEscape(workflowID), url.PathEscape(runID))
}

// Close ends everything, the worker first. It returns an error if something did not end well,
// for example a worker that ends with an exit code other than 0 because of a report of the race
// detector. It skips what was not started.
func (s *Stack) Close() error {
	var problems []error
	if s.API != nil {
		problems = append(problems, end("API", s.API))
	}
	if s.Worker != nil {
		problems = append(problems, end("worker", s.Worker))
	}
	if s.Client != nil {
		s.Client.Close()
	}
	if s.Server != nil {
		problems = append(problems, s.Server.Stop())
	}
	if s.builder != nil {
		problems = append(problems, s.builder.Close())
	}
	return errors.Join(problems...)
}

// end ends a process. It returns an error for an exit code other than 0.
func end(name string, p *process.Process) error {
	ctx, cancel := context.WithTimeout(context.Background(), hang.Limit)
	defer cancel()
	select {
	case <-p.Ended():
	default:
		if _, err := p.Terminate(ctx); err != nil {
			return errors.Join(err, p.Kill())
		}
	}
	code, err := p.Wait(ctx)
	if err == nil && code != 0 {
		err = fmt.Errorf("stack: the %s ended with code %d; its log ends:\n%s", name, code, lastLines(p.Stderr.String(), 40))
	}
	return err
}

// WorkerLog returns the end of the worker's log, at most the given number of lines.
func (s *Stack) WorkerLog(lines int) string {
	if s.Worker == nil {
		return ""
	}
	return lastLines(s.Worker.Stderr.String(), lines)
}
