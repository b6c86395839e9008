package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/latch-run/latch/testsuite/cluster"
	"github.com/latch-run/latch/testsuite/process"
)

// settling is how long everything may take to end after the last fault, apart from the time to
// read the histories. Latch's own longest wait is for a worker that died with an attempt in its
// memory: 75 s.
const settling = 6 * time.Minute

type options struct {
	length time.Duration
	seed   uint64
	// rate is the largest number of runs started per second.
	rate    float64
	folder  string
	builder *process.Builder
}

// A world holds all participants.
type world struct {
	options
	cluster   *cluster.Cluster
	receivers *receivers
	callers   *callers
	faults    *faults

	// starts are the callers that start runs, and removals those that remove locks.
	starts, removals sync.WaitGroup

	mu sync.Mutex
	// accepted are the runs in callers' answers. told are the answers to callers who removed
	// locks.
	accepted []started
	told     []removal
	problems []error
}

// run starts a cluster, starts runs and breaks things for the length, waits until everything is
// settled, and audits it. The error lists all problems. The figures are returned in any case,
// if it came that far.
func run(ctx context.Context, o options) (figures *figures, err error) {
	w := &world{options: o}
	if w.receivers, err = newReceivers(o.seed); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.receivers.stop()) }()
	if w.cluster, err = cluster.Start(ctx, cluster.Options{Folder: o.folder, Workers: 3, APIs: 2, Builder: o.builder,
		Settings: []string{"LATCH_LOG_LEVEL=warn"}}); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.cluster.Close()) }()
	w.receivers.refused, w.receivers.mustLie = w.refuses, w.mustLie
	w.callers = &callers{cluster: w.cluster, base: w.receivers.url, http: &http.Client{Timeout: 15 * time.Second}}
	w.faults = &faults{cluster: w.cluster, receivers: w.receivers, random: rand.New(rand.NewPCG(o.seed, 0)), count: map[string]int{}}
	if err := w.register(ctx); err != nil {
		return nil, err
	}
	settled, cancel := context.WithTimeoutCause(ctx, 2*o.length+settling, errors.New("it did not settle in time"))
	defer cancel()
	w.receivers.locked = func(path, event, lock string) { w.removeLock(settled, path, event, lock) }

	begun := time.Now()
	if err := w.breakThings(settled); err != nil {
		return nil, err
	}
	w.starts.Wait()
	if err := w.endSchedule(settled); err != nil {
		return nil, w.with(err)
	}
	accounts, err := w.accounts(settled)
	if err != nil {
		return nil, w.with(err)
	}
	w.removals.Wait()
	books := newAudit(accounts, w.told, w.receivers.all())
	for _, wrong := range books.find() {
		w.problems = append(w.problems, errors.New(wrong))
	}
	return newFigures(o, time.Since(begun), books, w.faults.count), errors.Join(w.problems...)
}

// with returns the error with the problems that were noted before it. Callers may still run.
func (w *world) with(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return errors.Join(append(slices.Clone(w.problems), err)...)
}

// mostOpen bounds the runs that are under way while things break. A cluster that falls behind gets
// no more until it has caught up; otherwise callers who try again would grow in number until
// Temporal does nothing but let them time out.
const mostOpen = 200

// breakThings starts runs at the rate while things break.
func (w *world) breakThings(ctx context.Context) error {
	during, cancel := context.WithTimeout(ctx, w.length)
	defer cancel()
	w.starts.Go(func() {
		ticker := time.NewTicker(time.Duration(float64(time.Second) / w.rate))
		defer ticker.Stop()
		open := make(chan struct{}, mostOpen)
		for n := 0; during.Err() == nil; n++ {
			p := planned(w.seed, n)
			select {
			case open <- struct{}{}:
			case <-during.Done():
				return
			}
			w.starts.Go(func() {
				defer func() { <-open }()
				w.start(ctx, during, p)
			})
			select {
			case <-ticker.C:
			case <-during.Done():
			}
		}
	})
	return w.faults.run(during, w.length)
}

// start starts a run, and waits for its end while things break.
func (w *world) start(ctx, during context.Context, p plan) {
	run, err := w.callers.start(ctx, p)
	w.note(err)
	if err != nil {
		return
	}
	w.mu.Lock()
	w.accepted = append(w.accepted, run)
	w.mu.Unlock()
	// A run that fails has that in its status, which is read once all have ended.
	_ = w.cluster.Client.GetWorkflow(during, run.workflowID, run.runID).Get(during, nil)
}

func (w *world) note(err error) {
	if err == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.problems = append(w.problems, err)
}

// planOf returns the plan of a path, which contains its number: /hook/u7/gate.
func (w *world) planOf(path string) (plan, bool) {
	var n int
	if _, err := fmt.Sscanf(strings.Split(path, "/")[2], "u%d", &n); err != nil {
		return plan{}, false
	}
	return planned(w.seed, n), true
}

// refuses reports whether a step is permanently refused.
func (w *world) refuses(path string) bool {
	p, ok := w.planOf(path)
	return ok && p.failing >= 0 && !p.lies && path == fmt.Sprintf("/step/%s/%d", p.id, p.failing)
}

// mustLie reports whether the plan makes the receiver of a step, or the webhook check after
// one, give an unreadable answer.
func (w *world) mustLie(path, step string) bool {
	p, ok := w.planOf(path)
	return ok && (p.lies && path == fmt.Sprintf("/step/%s/%d", p.id, p.failing) ||
		path == "/hook/"+p.id+"/"+checkWebhook && step == fmt.Sprint("step ", p.doubted))
}

// register registers the jobs and the webhook for all runs, like an operator.
func (w *world) register(ctx context.Context) error {
	documents := []string{ledger(w.receivers.url)}
	for n := range registeredJobs {
		documents = append(documents, registeredPlan(kindRegistered, registeredID(n)).input(w.receivers.url))
	}
	documents = append(documents, registeredPlan(kindScheduled, scheduledID).input(w.receivers.url))
	return w.starter(ctx, "["+strings.Join(documents, ", ")+"]", "apply", "-")
}

// starter runs the command line.
func (w *world) starter(ctx context.Context, stdin string, args ...string) error {
	path, err := w.builder.Build(ctx, "./starter")
	if err != nil {
		return err
	}
	result, err := process.Run(ctx, process.Command{Path: path, Args: args, Stdin: strings.NewReader(stdin),
		Env: []string{"TEMPORAL_ADDRESS=" + w.cluster.Frontend}})
	if err != nil || result.ExitCode != 0 {
		return fmt.Errorf("starter %s: %v: exit code %d: %s", strings.Join(args, " "), err, result.ExitCode, result.Stderr)
	}
	return nil
}
