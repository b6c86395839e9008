package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/latch-run/latch/testsuite/freeport"
	"github.com/latch-run/latch/testsuite/stack"
)

const (
	// logLines is the number of lines of the worker's log that a failure shows.
	logLines = 40

	// secretValue is the example on MDOQ's page. Webhooks refer to it by name.
	secretName, secretValue = "mdoq", "mdoq-is-awesome"
)

type options struct {
	keep bool // keep the stack running after the cases, until the context ends
	race bool // build the worker with the race detector
}

// perform starts the stack, runs all cases and stops it again. Its error says
// which cases failed, or what else did.
func perform(ctx context.Context, told *account, o options) (err error) {
	api, err := freeport.Address()
	if err != nil {
		return fmt.Errorf("port for the API: %w", err)
	}
	up, err := stack.Start(ctx, stack.Options{
		Worker:   workerSettings(),
		Starter:  true,
		API:      api,
		Race:     o.race,
		Progress: func(what string) { told.note("%s …", what) },
	})
	if err != nil {
		return err
	}
	defer func() {
		told.note("stopping the stack …")
		err = errors.Join(err, up.Close())
	}()
	told.note("Temporal's UI is at %s while this runs", up.Server.UIURL)

	outcomes := runCases(ctx, told, up, showcases())
	summarize(told, outcomes)
	if ctx.Err() != nil {
		return fmt.Errorf("ended before all cases were shown: %w", context.Cause(ctx))
	}
	failure := failureOf(outcomes)
	if failure != nil {
		told.log("The end of the worker's log", up.WorkerLog(logLines))
	}
	if o.keep {
		told.note("the stack stays up: %s shows every run; Ctrl-C ends it", up.Server.UIURL)
		<-ctx.Done()
	} else {
		told.note("to look at them: make demo DEMO_FLAGS=-keep")
	}
	return failure
}

func workerSettings() stack.Environment {
	return stack.Environment{
		"LATCH_FQDN=stage.zuarbase.net", // the name on Mitto's page
		"LATCH_ENVIRONMENT=demo",
		"LATCH_SECRET_MDOQ=" + secretValue,
		"LATCH_LOG_LEVEL=debug", // makes the search for the secret in the log meaningful
	}.AllowLoopback()
}

// outcome is the result of a case.
type outcome struct {
	title    string
	notRun   bool
	failures []string // empty if the case succeeded
	pages    []string // its runs in Temporal's UI
	took     time.Duration
}

// runCases runs the cases one after the other, so that the account is readable.
// It continues after a failed case, but not after the context ends.
func runCases(ctx context.Context, told *account, up *stack.Stack, cases []showcase) []outcome {
	var outcomes []outcome
	for i, one := range cases {
		if err := context.Cause(ctx); err != nil {
			outcomes = append(outcomes, outcome{title: one.title, notRun: true, failures: []string{"not run: " + err.Error()}})
			continue
		}
		told.heading("%d. %s", i+1, one.title)
		told.quote(one.source, one.says)
		outcomes = append(outcomes, runCase(ctx, told, up, one))
	}
	return outcomes
}

func summarize(told *account, outcomes []outcome) {
	told.heading("Summary")
	for i, one := range outcomes {
		told.row(i+1, one)
	}
}

// failureOf returns an error that names the failed cases, or nil.
func failureOf(outcomes []outcome) error {
	var failed []error
	for i, one := range outcomes {
		if len(one.failures) > 0 {
			failed = append(failed, fmt.Errorf("case %d, %s: %s", i+1, one.title, one.failures[0]))
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return fmt.Errorf("%d of %d cases failed:\n%w", len(failed), len(outcomes), errors.Join(failed...))
}
