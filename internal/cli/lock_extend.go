package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
)

// extensionFlags say to what time a lock's deadline moves.
type extensionFlags struct {
	by, timeout   time.Duration
	until, reason string
	who           string
}

func lockExtendCommand(e *env) *cobra.Command {
	var flags extensionFlags
	command := remote(e, &cobra.Command{Use: "extend LOCK", Short: "Move a lock's deadline to a later time", Args: cobra.ExactArgs(1),
		Long: `Give a lock with a lock_timeout more time, and print its record and its new deadline.
Say how much later it is, or when, or what its timeout is, counted from its opening:

  starter lock extend LOCK --for 4h --reason "the board meets at six"
  starter lock extend LOCK --until 2026-07-01T18:00:00Z
  starter lock extend LOCK --timeout 48h

A deadline moves to a later time only. Where the lock has it already, nothing is
changed. A lock with approvals takes this from those who may vote, and from those who
may skip its hook.`},
		func(ctx context.Context, open opener, args []string) error {
			flags.who = byOrUser(e, flags.who)
			return extendLock(ctx, open, e.out, args[0], &flags)
		})
	command.Flags().DurationVar(&flags.by, "for", 0, "by how much the deadline moves")
	command.Flags().StringVar(&flags.until, "until", "", "the new deadline, in RFC 3339")
	command.Flags().DurationVar(&flags.timeout, "timeout", 0, "the new lock_timeout, counted from the lock's opening")
	command.Flags().StringVar(&flags.reason, "reason", "", "why, for the record")
	byFlag(command, &flags.who)
	return command
}

func extendLock(ctx context.Context, open opener, out *output.Printer, token string, flags *extensionFlags) error {
	workflowID, err := workflowOfLock(token)
	if err != nil {
		return err
	}
	extension, err := flags.extension(token)
	if err != nil {
		return err
	}
	world, err := open(ctx)
	if err != nil {
		return err
	}
	if flags.by != 0 {
		state, err := world.Lock(ctx, workflowID, token)
		if err != nil {
			return err
		}
		if !state.Until.IsZero() { // of a lock without a deadline the run says why it has none
			extension.Until = latch.NewTime(state.Until.Add(flags.by))
		}
	}
	answer, err := world.ExtendLock(ctx, workflowID, extension)
	if err != nil {
		return err
	}
	printExtended(out, answer)
	return nil
}

// extension returns the message that the flags ask for, but for what depends on the lock.
func (f *extensionFlags) extension(token string) (extension latch.LockExtension, err error) {
	given := 0
	for _, is := range []bool{f.by != 0, f.until != "", f.timeout != 0} {
		if is {
			given++
		}
	}
	switch {
	case given != 1:
		return extension, failure.OfUsage(errors.New("give exactly one of --for, --until and --timeout"))
	case f.by < 0:
		return extension, failure.OfUsage(fmt.Errorf("--for %s: a deadline moves to a later time only", f.by))
	}
	argument := map[string]any{"lock": token, "by": f.who, "reason": f.reason}
	switch {
	case f.until != "":
		argument["until"] = f.until
	case f.by != 0:
		argument["until"] = time.Now().UTC() // replaced by the lock's deadline, moved
	default:
		argument["lock_timeout"] = f.timeout.String()
	}
	encoded, err := json.Marshal(argument)
	if err != nil {
		return extension, err
	}
	return extension, extension.Decode(encoded)
}

func printExtended(out *output.Printer, answer *backend.Answer) {
	var extended latch.Extended
	if out.JSON || json.Unmarshal(answer.Body, &extended) != nil {
		printAnswer(out, latch.MessageExtendLock, answer)
		return
	}
	printRecord(out, &extended.Record)
	out.Printf("open until %s\n", utc(extended.Until))
	if extended.Unchanged {
		out.Printf("nothing was changed: the lock had that deadline already\n")
	}
}
