package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/freeport"
	"github.com/latch-run/latch/testsuite/performance/byhand"
	"github.com/latch-run/latch/testsuite/process"
	"github.com/latch-run/latch/testsuite/server"
	"github.com/latch-run/latch/testsuite/stack"
)

// startLimit bounds the start of one process.
const startLimit = 2 * time.Minute

// A world is everything that runs on one store: Temporal, both workers, Latch's
// API, and an endpoint.
type world struct {
	store  string
	client client.Client
	api    *apiClient
	sink   *sink
	// metrics is the URL of the metrics of Latch's worker.
	metrics string

	ids     atomic.Int64
	folder  string
	running []part
}

// A part is a process of the world.
type part struct {
	name    string
	process *process.Process
	stdin   *os.File // closing it ends the process; nil for a process that is signalled
}

// programs are the paths of Latch's commands.
type programs struct{ worker, starter string }

// startWorld starts the world of a store. If it fails, nothing is left running.
func startWorld(ctx context.Context, store string, built programs) (*world, error) {
	w := &world{store: store}
	if err := w.start(ctx, built); err != nil {
		return nil, errors.Join(fmt.Errorf("store %s: %w", store, err), w.close())
	}
	return w, nil
}

func (w *world) start(ctx context.Context, built programs) (err error) {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if w.folder, err = os.MkdirTemp("", "latch-bench-"); err != nil {
		return err
	}
	if w.sink, err = startSink(); err != nil {
		return err
	}
	place := filepath.Join(w.folder, "temporal.db")
	if w.store == storePostgres {
		if place, err = w.startOwn(ctx, "postgres", w.folder); err != nil {
			return err
		}
	}
	address, err := w.startOwn(ctx, "temporal", w.store, place)
	if err != nil {
		return err
	}
	if w.client, err = client.DialContext(ctx, server.Persistent(client.Options{
		HostPort: address, Logger: slog.New(slog.DiscardHandler),
	})); err != nil {
		return err
	}
	if _, err := w.startOwn(ctx, "byhand", address); err != nil {
		return err
	}
	return w.startLatch(ctx, built, address)
}

// startOwn starts this program as one of the parts, and returns the line that
// it prints when it is ready.
func (w *world) startOwn(ctx context.Context, name string, args ...string) (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	read, write, err := os.Pipe()
	if err != nil {
		return "", err
	}
	defer read.Close()
	p, err := process.Begin(process.Command{Path: self, Args: append([]string{name}, args...), Stdin: read})
	if err != nil {
		return "", errors.Join(err, write.Close())
	}
	w.running = append(w.running, part{name, p, write})
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-p.Ended():
			cancel()
		case <-ctx.Done():
		}
	}()
	line, err := p.Stdout.Wait(ctx, "\n")
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", name, err, p.Stderr.String())
	}
	return strings.TrimSpace(line), nil
}

// startLatch starts Latch's worker and API as an operator would.
func (w *world) startLatch(ctx context.Context, built programs, address string) error {
	health, err := freeport.Address()
	if err != nil {
		return err
	}
	api, err := freeport.Address()
	if err != nil {
		return err
	}
	common := stack.Environment{"TEMPORAL_ADDRESS=" + address, "LATCH_LOG_LEVEL=warn"}
	environment := append(stack.Environment{"LATCH_HEALTH_ADDR=" + health, "LATCH_DRAIN_TIMEOUT=5s",
		"LATCH_SECRET_BOARD=" + signingSecret}, common...)
	worker, err := w.startProgram("worker", process.Command{Path: built.worker, Env: environment.AllowLoopback()})
	if err != nil {
		return err
	}
	w.metrics = "http://" + health + "/metrics"
	if err := worker.AwaitReady(ctx, "http://"+health+"/readyz"); err != nil {
		return err
	}
	serve, err := w.startProgram("API", process.Command{Path: built.starter, Args: []string{"serve"},
		Env: append(stack.Environment{"LATCH_API_ADDR=" + api}, common...)})
	if err != nil {
		return err
	}
	w.api = newAPIClient("http://" + api)
	return serve.AwaitReady(ctx, "http://"+api+"/openapi.json")
}

func (w *world) startProgram(name string, command process.Command) (*process.Process, error) {
	p, err := process.Begin(command)
	if err != nil {
		return nil, err
	}
	w.running = append(w.running, part{name: name, process: p})
	return p, nil
}

// close stops everything, in reverse order.
func (w *world) close() error {
	var problems []error
	if w.client != nil {
		w.client.Close()
	}
	for i := len(w.running) - 1; i >= 0; i-- {
		problems = append(problems, w.running[i].end())
	}
	if w.sink != nil {
		problems = append(problems, w.sink.close())
	}
	return errors.Join(append(problems, os.RemoveAll(w.folder))...)
}

func (p part) end() error {
	ctx, cancel := context.WithTimeout(context.Background(), startLimit)
	defer cancel()
	var code int
	var err error
	if p.stdin != nil {
		_ = p.stdin.Close() // a pipe's end closes
		code, err = p.process.Wait(ctx)
	} else {
		code, err = p.process.Terminate(ctx)
	}
	if err == nil && code != 0 {
		err = fmt.Errorf("%s ended with code %d: %s", p.name, code, p.process.Stderr.String())
	}
	if err != nil {
		_ = p.process.Kill() // it may have ended already
	}
	return err
}

// id returns a new workflow id.
func (w *world) id(prefix string) string { return fmt.Sprint(prefix, "-", w.ids.Add(1)) }

// byHand starts a hand-written workflow.
func (w *world) byHand(ctx context.Context, workflow string, args ...any) (client.WorkflowRun, error) {
	return w.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: w.id("byhand"), TaskQueue: byhand.TaskQueue}, workflow, args...)
}

// latch starts one of Latch's workflows.
func (w *world) latch(ctx context.Context, workflow, id string, input any) (client.WorkflowRun, error) {
	return w.client.ExecuteWorkflow(ctx, client.StartWorkflowOptions{ID: id, TaskQueue: latch.DefaultTaskQueue}, workflow, input)
}
