package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/latch-run/latch/testsuite/cluster"
	"github.com/latch-run/latch/testsuite/process"
)

// settling is how long everything may take to end once nothing is broken any
// more. The longest wait of Latch's own is for a worker that died with an attempt
// in its memory: 75 s.
const settling = 6 * time.Minute

type options struct {
	length time.Duration
	seed   uint64
	// rate is how many runs are started a second, at most.
	rate    float64
	folder  string
	builder *process.Builder
}

// A world is all that takes part.
type world struct {
	options
	cluster   *cluster.Cluster
	receivers *receivers
	callers   *callers
	faults    *faults

	// starts are the callers, and removals those who remove locks.
	starts, removals sync.WaitGroup

	mu sync.Mutex
	// accepted are the runs that callers were told of.
	accepted []started
	problems []error
}

// run brings a cluster up, starts and breaks things for the length, waits until
// all is settled, and audits it. The error is all that is wrong; the figures are
// there in any case, if it came that far.
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
	w.callers = &callers{cluster: w.cluster, base: w.receivers.url, http: &http.Client{Timeout: 15 * time.Second}}
	w.faults = &faults{cluster: w.cluster, receivers: w.receivers, random: rand.New(rand.NewPCG(o.seed, 0)), count: map[string]int{}}
	if err := w.register(ctx); err != nil {
		return nil, err
	}
	settled, cancel := context.WithTimeoutCause(ctx, o.length+settling, errors.New("it did not settle in time"))
	defer cancel()
	w.receivers.refused = w.refuses
	w.receivers.locked = func(path, event, lock string) { w.removeLock(settled, path, event, lock) }

	begun := time.Now()
	if err := w.breakThings(settled); err != nil {
		return nil, err
	}
	w.starts.Wait()
	accounts, err := w.accounts(settled)
	if err != nil {
		return nil, errors.Join(append(w.problems, err)...)
	}
	w.removals.Wait()
	arrivals := w.receivers.all()
	for _, wrong := range audit(accounts, arrivals) {
		w.problems = append(w.problems, errors.New(wrong))
	}
	return newFigures(o, time.Since(begun), accounts, arrivals, w.faults.count), errors.Join(w.problems...)
}

// breakThings starts runs at the rate while things break.
func (w *world) breakThings(ctx context.Context) error {
	during, cancel := context.WithTimeout(ctx, w.length)
	defer cancel()
	w.starts.Go(func() {
		ticker := time.NewTicker(time.Duration(float64(time.Second) / w.rate))
		defer ticker.Stop()
		for n := 0; during.Err() == nil; n++ {
			p := planned(w.seed, n)
			w.starts.Go(func() { w.start(ctx, p) })
			select {
			case <-ticker.C:
			case <-during.Done():
			}
		}
	})
	return w.faults.run(during, w.length)
}

func (w *world) start(ctx context.Context, p plan) {
	run, err := w.callers.start(ctx, p)
	w.note(err)
	if err == nil {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.accepted = append(w.accepted, run)
	}
}

func (w *world) note(err error) {
	if err == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.problems = append(w.problems, err)
}

// planOf returns the plan of a path, which has its number: /hook/u7/gate.
func (w *world) planOf(path string) (plan, bool) {
	var n int
	if _, err := fmt.Sscanf(strings.Split(path, "/")[2], "u%d", &n); err != nil {
		return plan{}, false
	}
	return planned(w.seed, n), true
}

func (w *world) refuses(path string) bool {
	p, ok := w.planOf(path)
	return ok && p.failing >= 0 && path == fmt.Sprintf("/step/%s/%d", p.id, p.failing)
}

// removeLock removes a lock from two sides, and from one of them twice.
func (w *world) removeLock(ctx context.Context, path, event, lock string) {
	p, ok := w.planOf(path)
	if !ok {
		w.note(fmt.Errorf("%s: a lock that nobody planned: %s", path, lock))
		return
	}
	result := p.answers(event)
	w.removals.Go(func() { w.note(w.callers.removeAtTemporal(ctx, "release-"+p.id, lock, result)) })
	w.removals.Go(func() {
		w.note(w.callers.removeOverAPI(ctx, lock, result))
		w.note(w.callers.removeOverAPI(ctx, lock, result))
	})
}

// register registers the jobs, as an operator does.
func (w *world) register(ctx context.Context) error {
	starter, err := w.builder.Build(ctx, "./starter")
	if err != nil {
		return err
	}
	for n := range registeredJobs {
		p := plan{kind: kindRegistered, id: registeredID(n), steps: 1, failing: -1}
		result, err := process.Run(ctx, process.Command{Path: starter, Args: []string{"job", "apply", "-"},
			Stdin: strings.NewReader(p.input(w.receivers.url)), Env: []string{"TEMPORAL_ADDRESS=" + w.cluster.Frontend}})
		if err != nil || result.ExitCode != 0 {
			return fmt.Errorf("registering %s: %w: %s", p.id, err, result.Stderr)
		}
	}
	return nil
}
