package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
)

func lockCommand(e *env) *cobra.Command {
	return group("lock", "List, show, extend and remove locks", lockListCommand(e), lockShowCommand(e),
		lockReleaseCommand(e), lockExtendCommand(e))
}

func lockReleaseCommand(e *env) *cobra.Command {
	var removal latch.LockRelease
	var data string
	command := remote(e, &cobra.Command{Use: "release LOCK", Short: "Remove a lock", Args: cobra.ExactArgs(1),
		Long: `Remove a lock, so that what waits for it goes on, and print the record. The lock
names the run that made it. For a lock that was removed before with the same
result, the record is printed again, and nothing is changed; another result is
refused, and so is any for a lock that timed out. Where the lock's hook decides by
its result, --result fail is a no, and --data is what its expressions read:

  starter lock release LOCK --result fail --data '{"rollback_release": true}'

--vote approve is --result pass, and --vote reject is --result fail that also asks to
stop: a fail alone lets a release go on whose hook has no rule about the result.

A lock with approvals takes your vote: --vote approve, reject or withdraw. With --api
your key says who you are; a message to Temporal itself counts only where the lock
counts names that nobody has proven.`},
		func(ctx context.Context, open opener, args []string) error {
			removal.Lock, removal.By = args[0], byOrUser(e, removal.By)
			return removeLock(ctx, open, e.out, removal, data)
		})
	command.Flags().StringVar(&removal.Result, "result", "", "pass or fail, written to the record's data.result")
	command.Flags().StringVar(&data, "data", "", "a JSON object, laid key by key over the record's data")
	command.Flags().StringVar(&removal.Vote, "vote", "", "approve, reject or, for a lock with approvals, withdraw")
	command.Flags().StringVar(&removal.Digest, "digest", "", "the digest of the lock that you have seen; a lock with another one is refused")
	command.Flags().StringVar(&removal.Reason, "reason", "", "why, for the record")
	byFlag(command, &removal.By)
	return command
}

func removeLock(ctx context.Context, open opener, out *output.Printer, removal latch.LockRelease, data string) error {
	workflowID, err := workflowOfLock(removal.Lock)
	if err != nil {
		return err
	}
	if err := decodeLockRelease(&removal, data); err != nil {
		return err
	}
	world, err := open(ctx)
	if err != nil {
		return err
	}
	answer, err := world.RemoveLock(ctx, workflowID, removal)
	if err != nil {
		return err
	}
	printAnswer(out, latch.MessageReleaseLock, answer)
	return nil
}

// decodeLockRelease adds the data to the argument and validates it.
func decodeLockRelease(removal *latch.LockRelease, data string) error {
	argument := map[string]any{"lock": removal.Lock, "result": removal.Result, "vote": removal.Vote, "digest": removal.Digest,
		"by": removal.By, "reason": removal.Reason}
	if data != "" {
		if !json.Valid([]byte(data)) {
			return failure.OfUsage(fmt.Errorf("--data is no valid JSON: %s", output.OneLine(data)))
		}
		argument["data"] = json.RawMessage(data)
	}
	encoded, err := json.Marshal(argument)
	if err != nil {
		return err
	}
	return removal.Decode(encoded)
}

// workflowOfLock returns the workflow id in a lock, which is <workflow id>:<webhook
// id>:<random>. It reads from the right, because only a workflow id may contain colons.
func workflowOfLock(token string) (string, error) {
	if webhook := strings.LastIndexByte(token, ':'); webhook > 0 && webhook < len(token)-1 {
		if workflow := strings.LastIndexByte(token[:webhook], ':'); workflow > 0 && workflow < webhook-1 {
			return token[:workflow], nil
		}
	}
	return "", failure.New(latch.ErrorInvalidArgument, "%q is no lock: one is <workflow id>:<webhook id>:<random>", token)
}
