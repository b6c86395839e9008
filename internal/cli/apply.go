package cli

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/declared"
	"github.com/latch-run/latch/internal/registry"
)

// applyFlags are the flags of apply.
type applyFlags struct {
	declared.Options
	dryRun, prune, pruneAll, sure bool
}

func applyCommand(e *env) *cobra.Command {
	var flags applyFlags
	command := remote(e, &cobra.Command{Use: "apply FILE|DIR...",
		Short: "Register what files declare: jobs, webhooks, watches, freezes and tags", Args: cobra.MinimumNArgs(1),
		Long: `Register the jobs, webhooks, watches, freezes and tags that the files declare,
change those that differ, and print what changed. A file is YAML or JSON and may
declare several things, as YAML documents or as a list, each with kind (job,
webhook, watch, freeze or tag) and id. Of a directory all .yaml, .yml and .json files are read, but no hidden ones;
- is standard input. All is checked first, and nothing is written where anything
is wrong. Webhooks and freezes are registered for the task queue
(--task-queue).

A job's key that a file leaves out is removed, but for paused and task_queue,
which stay as they are. What is equal is not written.

--prune removes what an earlier apply wrote and the files no longer declare. What
was registered by other means stays, and so does what apply wrote for another
--owner: give each set of files that is applied by itself an owner of its own.
--prune-all removes everything else that is registered, and asks before it does.

With --dry-run nothing is written; the exit code is 0 where all is as the files
say, and 6 where something differs.

Over the API (--api) each thing is written by a call of its own, for the API's
own task queue.`},
		func(ctx context.Context, open opener, files []string) error {
			return apply(ctx, open, e, files, &flags)
		})
	f := command.Flags()
	f.BoolVar(&flags.dryRun, "dry-run", false, "show what would change, and change nothing")
	f.BoolVar(&flags.prune, "prune", false, "remove what apply wrote for the owner and no file declares")
	f.BoolVar(&flags.pruneAll, "prune-all", false, "remove everything that no file declares")
	f.BoolVarP(&flags.sure, "yes", "y", false, "do not ask before --prune-all removes anything")
	f.StringVar(&flags.Owner, "owner", "apply", "whose files these are")
	f.BoolVar(&flags.TakeOver, "take-over", false, "make all that the files declare the owner's, whoever registered it")
	return command
}

func apply(ctx context.Context, open opener, e *env, files []string, flags *applyFlags) error {
	tooLong := latch.CheckOwner(flags.Owner)
	switch {
	case flags.Owner == "":
		return failure.New(failure.Usage, "--owner is empty: it names whose files these are")
	case tooLong != nil:
		return failure.New(failure.Usage, "--owner %v", tooLong)
	case flags.pruneAll && !flags.dryRun && !flags.sure && !e.out.Interactive:
		return failure.New(failure.Usage, "--prune-all asks on a terminal, and this is none: --yes says that you are sure")
	case flags.pruneAll:
		flags.Prune = declared.PruneAll
	case flags.prune:
		flags.Prune = declared.PruneOwn
	}
	items, err := readItems(e.out, files)
	if err != nil {
		return err
	}
	flags.Queue = e.settings.givenQueue
	store, plan, err := planItems(ctx, open, e, items, flags.Options)
	if twice := declared.Twice(items); err != nil && len(twice) > 0 && failure.Explain(err).ExitCode() == failure.ExitUnreachable {
		return failure.OfProblems(twice) // which nobody has to be asked about
	}
	if err != nil {
		return err
	}
	if flags.dryRun {
		return foretell(e.out, plan)
	}
	return carryOut(ctx, e, store, plan, flags)
}

// planItems compares the items with what is registered.
func planItems(ctx context.Context, open opener, e *env, items []*declared.Item,
	options declared.Options) (backend.Declarations, *declared.Plan, error) {
	world, err := open(ctx)
	if err != nil {
		return nil, nil, err
	}
	store, progress := world.Declarations(), e.out.Progress()
	state, err := store.State(ctx, backend.Reading{Items: items, Queue: options.Queue,
		Read: func(done, of int) { progress.Show("comparing: %d of %d", done, of) }})
	progress.End()
	if err != nil {
		return nil, nil, err
	}
	plan, problems := declared.NewPlan(state, items, options)
	refused, err := refusedQueries(ctx, store, plan)
	if err != nil {
		return nil, nil, err
	}
	if problems = append(problems, refused...); len(problems) > 0 {
		return nil, nil, failure.OfProblems(problems)
	}
	return store, plan, nil
}

// refusedQueries returns the server's errors for the queries of watches that are to be written.
func refusedQueries(ctx context.Context, store backend.Declarations, plan *declared.Plan) (problems latch.Problems, err error) {
	for _, change := range plan.Of(declared.Watch, declared.Created, declared.Updated) {
		err := store.CheckQuery(ctx, change.Watch().Query)
		var refused *registry.RefusedError
		switch {
		case errors.As(err, &refused):
			located := change.Item().Locate(latch.Problems{{Path: refused.Field, Message: refused.Reason}})
			problems = append(problems, declared.Labelled(change.File, located)...)
		case err != nil:
			return nil, err
		}
	}
	return problems, nil
}

// carryOut asks for confirmation of what --prune-all removes, and then carries out the plan.
func carryOut(ctx context.Context, e *env, store backend.Declarations, plan *declared.Plan, flags *applyFlags) error {
	removed := slices.DeleteFunc(slices.Clone(plan.Changes), func(c *declared.Change) bool { return c.Action != declared.Removed })
	if flags.pruneAll && !flags.sure && len(removed) > 0 {
		for _, change := range removed {
			e.out.Notef("  %s", changeLine(e.out, change, true))
		}
		if !e.out.Confirm("Remove these, whoever registered them?") {
			return failure.New(failure.Refused, "nothing was changed")
		}
	}
	done, err := newApplier(e, store, plan).run(ctx)
	return reportApplied(e.out, plan, done, err)
}
