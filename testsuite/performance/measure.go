package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/latch-run/latch/testsuite/process"
)

// module is the path of Latch's module.
const module = "github.com/latch-run/latch"

// turnLimit bounds one turn of a side.
const turnLimit = 10 * time.Minute

// bench measures the rows and stores selected by the options and reports the
// figures. Its error says what could not be measured.
func bench(ctx context.Context, o options) (err error) {
	say := progress(o)
	say("building Latch's commands")
	root, err := process.ModuleDir(ctx, module)
	if err != nil {
		return err
	}
	builder, err := process.NewBuilder(root, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, builder.Close()) }()
	built, err := build(ctx, builder)
	if err != nil {
		return err
	}
	report := newReport(ctx, root, o)
	var problems []error
	for _, store := range found(o.stores, say) {
		rows, err := measureStore(ctx, store, built, o, say)
		report.Rows = append(report.Rows, rows...)
		problems = append(problems, err)
		if ctx.Err() != nil {
			break
		}
	}
	report.finish()
	failed := errors.Join(problems...)
	if failed != nil {
		o.docFile = "" // it has all rows
	}
	return errors.Join(failed, report.write(o))
}

func build(ctx context.Context, builder *process.Builder) (built programs, err error) {
	if built.worker, err = builder.Build(ctx, "./worker"); err != nil {
		return built, err
	}
	built.starter, err = builder.Build(ctx, "./starter")
	return built, err
}

// progress returns a function that reports progress on standard error.
func progress(o options) func(format string, args ...any) {
	begin := time.Now()
	return func(format string, args ...any) {
		if !o.quiet {
			fmt.Fprintf(os.Stderr, "%5.0f s  %s\n", time.Since(begin).Seconds(), fmt.Sprintf(format, args...))
		}
	}
}

// measureStore measures the rows on one store. A row that fails is left out;
// its error is returned with those of the others.
func measureStore(ctx context.Context, store string, built programs, o options, say func(string, ...any)) (results []Result, err error) {
	say("starting Temporal on %s", store)
	w, err := startWorld(ctx, store, built)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	say("%s: warming up", store)
	if err := warmUp(ctx, w, o); err != nil {
		return nil, fmt.Errorf("%s, warming up: %w", store, err)
	}
	var problems []error
	for _, r := range allRows(o) {
		if !o.rows.MatchString(r.name) || ctx.Err() != nil {
			continue
		}
		say("%s: %s", store, r.title)
		figures, err := takeTurns(ctx, w, r, o)
		if err != nil {
			problems = append(problems, fmt.Errorf("%s, row %s: %w", store, r.name, err))
			say("not measured: %v", err)
			continue
		}
		for _, result := range resultsOf(store, r, figures) {
			say("%s", result.line())
			results = append(results, result)
		}
	}
	return results, errors.Join(append(problems, context.Cause(ctx))...)
}

// warmUpRounds is how many rounds of jobs do not count.
const warmUpRounds = 2

// warmUp lets all sides run jobs, since a server that has just started is a tenth faster than
// after half a minute: it has no timers of earlier runs to look after.
func warmUp(ctx context.Context, w *world, o options) error {
	o.rounds = warmUpRounds
	_, err := takeTurns(ctx, w, jobRows()[0], o)
	return err
}

// takeTurns lets the sides measure in turns, round by round, so that other load
// on the machine affects all of them. The figures are by metric, side and
// round. Counts, which are the same each time, are measured once.
func takeTurns(ctx context.Context, w *world, r row, o options) ([]map[string][]float64, error) {
	figures := make([]map[string][]float64, len(r.metrics))
	for m := range figures {
		figures[m] = map[string][]float64{}
	}
	rounds := o.rounds
	switch {
	case r.once:
		rounds = 1
	case r.often > 0:
		rounds, o.length = rounds*r.often, o.length/time.Duration(r.often)
	}
	for round := range rounds {
		for i := range r.sides {
			// The first side changes, so that no side always follows the same
			// one.
			s := r.sides[(i+round)%len(r.sides)]
			measured, err := turn(ctx, w, s, o)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
			for m, figure := range measured {
				figures[m][s.name] = append(figures[m][s.name], figure)
			}
		}
	}
	return figures, nil
}

// turn lets one side measure, once nothing of an earlier turn is left to do.
func turn(ctx context.Context, w *world, s side, o options) ([]float64, error) {
	ctx, cancel := context.WithTimeout(ctx, turnLimit)
	defer cancel()
	if err := w.settle(ctx); err != nil {
		return nil, err
	}
	return s.measure(ctx, w, o)
}
