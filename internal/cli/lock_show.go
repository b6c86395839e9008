package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/approval"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/output"
)

func lockShowCommand(e *env) *cobra.Command {
	return remote(e, &cobra.Command{Use: "show LOCK", Short: "Show a lock and its votes", Args: cobra.ExactArgs(1),
		Long: `Show a lock, open or removed: its record, its digest, and of a lock with approvals
the votes and what is still missing.`},
		func(ctx context.Context, open opener, args []string) error {
			return showLock(ctx, open, e.out, args[0])
		})
}

func showLock(ctx context.Context, open opener, out *output.Printer, token string) error {
	workflowID, err := workflowOfLock(token)
	if err != nil {
		return err
	}
	world, err := open(ctx)
	if err != nil {
		return err
	}
	state, err := world.Lock(ctx, workflowID, token)
	if err != nil {
		return err
	}
	if out.JSON {
		out.Value(state)
		return nil
	}
	printRecord(out, &state.Record)
	if state.Record.Lock != nil && state.Record.Lock.Digest != "" {
		out.Printf("digest: %s\n", output.Printable(state.Record.Lock.Digest))
	}
	printWait(out, state)
	printVotes(out, state.Record.Approvals, state.Missing)
	return nil
}

// printWait prints until when a lock is open, and what was done about its wait.
func printWait(out *output.Printer, state *backend.LockState) {
	if !state.Until.IsZero() {
		out.Printf("open until %s\n", utc(state.Until))
	}
	if to := state.Escalates; to != nil {
		out.Printf("escalates at %s to %s\n", utc(to.At), output.Printable(approval.Added(to)))
	}
	lock := state.Record.Lock
	if lock == nil {
		return
	}
	for _, moved := range lock.Extensions {
		out.Printf("extended until %s, at %s by %s\n", utc(moved.Until), utc(moved.At),
			output.Printable(output.OrDash(output.OneLine(moved.By))))
	}
	if to := lock.Escalated; to != nil {
		out.Printf("escalated at %s to %s\n", utc(to.At), output.Printable(approval.Added(to)))
	}
}

// printVotes prints the votes about a lock, and what is missing.
func printVotes(out *output.Printer, votes []latch.Vote, missing []latch.MissingApproval) {
	if len(votes) > 0 {
		t := output.NewTable("VOTE", "BY", "AT", "VIA", "KNOWN BY", "REASON")
		for _, vote := range votes {
			t.Add(voteColour(vote.Result).In(vote.Result), output.Plain(output.OneLine(vote.By)), output.Plain(utc(vote.At)), output.Plain(vote.Via),
				output.Plain(vote.IdentifiedBy), output.Plain(output.OrDash(output.OneLine(vote.Reason))))
		}
		out.Table(t)
	}
	for _, each := range missing {
		out.Printf("still needs %s\n", output.Printable(approval.WhoOf(each.Groups, each.Users, each.Count)))
	}
}

func voteColour(vote string) output.Colour {
	if vote == latch.VoteReject {
		return output.Red
	}
	return output.Green
}
