package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	temporalruns "github.com/latch-run/latch/internal/runs"
)

func (a *app) lockCommand() *cobra.Command {
	return group("lock", "List and remove locks", a.lockListCommand(), a.lockReleaseCommand())
}

func (a *app) lockReleaseCommand() *cobra.Command {
	var removed latch.LockRelease
	var data string
	command := takesAPI(&cobra.Command{Use: "release LOCK", Short: "Remove a lock", Args: cobra.ExactArgs(1),
		Long: `Remove a lock, so that what waits for it goes on, and print the record. The lock
says itself which run made it. A lock that was removed before answers its
record again, and says that nothing was changed, where that removal asked for the
same result; it refuses another one, as does a lock that timed out. Where the lock's hook decides by its result,
--result fail is a no, and --data brings what its expressions read:

  starter lock release LOCK --result fail --data '{"rollback_release": true}'`,
		RunE: func(cmd *cobra.Command, args []string) error {
			removed.Lock, removed.By = args[0], a.byOrUser(removed.By)
			return a.releaseLock(cmd.Context(), removed, data)
		}})
	command.Flags().StringVar(&removed.Result, "result", "", "pass or fail, written to the record's data.result")
	command.Flags().StringVar(&data, "data", "", "a JSON object, laid key by key over the record's data")
	command.Flags().StringVar(&removed.Reason, "reason", "", "why, for the record")
	a.byFlag(command, &removed.By)
	return command
}

func (a *app) releaseLock(ctx context.Context, removed latch.LockRelease, data string) error {
	workflowID, err := workflowOfLock(removed.Lock)
	if err != nil {
		return err
	}
	if err := decodeLockRelease(&removed, data); err != nil {
		return err
	}
	if a.api != nil {
		return a.apiReleaseLock(ctx, workflowID, removed)
	}
	temporal, err := a.dial(ctx)
	if err != nil {
		return err
	}
	defer temporal.Close()
	answer, err := update(ctx, temporal, workflowID, latch.MessageReleaseLock, removed)
	if temporalruns.IsNotFound(err) {
		answer, err = usedLock(ctx, temporal, workflowID, &removed)
	}
	if err != nil {
		return err
	}
	a.printAnswer(workflowID, latch.MessageReleaseLock, answer)
	return nil
}

// decodeLockRelease adds the data to the argument and holds it to its rules.
func decodeLockRelease(removed *latch.LockRelease, data string) error {
	argument := map[string]any{"lock": removed.Lock, "result": removed.Result, "by": removed.By, "reason": removed.Reason}
	if data != "" {
		if !json.Valid([]byte(data)) {
			return usageError(fmt.Errorf("--data is no valid JSON: %s", oneLine(data)))
		}
		argument["data"] = json.RawMessage(data)
	}
	encoded, err := json.Marshal(argument)
	if err != nil {
		return err
	}
	return removed.Decode(encoded)
}

// workflowOfLock reads the run from a lock, <workflow id>:<webhook id>:<random>,
// from the right, since only a workflow id may have colons.
func workflowOfLock(token string) (string, error) {
	if webhook := strings.LastIndexByte(token, ':'); webhook > 0 && webhook < len(token)-1 {
		if workflow := strings.LastIndexByte(token[:webhook], ':'); workflow > 0 && workflow < webhook-1 {
			return token[:workflow], nil
		}
	}
	return "", newFailure(exitUsage, latch.ErrorInvalidArgument, "%q is no lock: one is <workflow id>:<webhook id>:<random>", token)
}

// usedLock answers for a lock whose run has closed, from the history that a
// closed run still answers, as the run would.
func usedLock(ctx context.Context, temporal temporalClient, workflowID string, removed *latch.LockRelease) (json.RawMessage, error) {
	var records []json.RawMessage
	if err := query(ctx, temporal, workflowID, latch.QueryHistory, &records); err != nil {
		if temporalruns.IsNotFound(err) {
			return nil, newFailure(exitFailed, latch.ErrorUnknownLock, "there is no run %q that could have made this lock", workflowID)
		}
		return nil, err
	}
	for _, encoded := range records {
		var record latch.Record
		if json.Unmarshal(encoded, &record) != nil || record.Lock == nil || record.Lock.Token != removed.Lock {
			continue
		}
		if record.Lock.Open() {
			return nil, newFailure(exitFailed, latch.ErrorTooLate, "%s has closed, and this lock was not used while it ran", workflowID)
		}
		if late := removed.RefusedBy(&record); late != "" {
			return nil, tooLate(late, encoded)
		}
		return withKey(encoded, "unchanged", true)
	}
	return nil, newFailure(exitFailed, latch.ErrorUnknownLock, "%s has closed, and no such lock is in its history", workflowID)
}
