package api

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
	"github.com/latch-run/latch/internal/voucher"
)

// holder returns the caller as a voucher names them.
func (c *Caller) holder() voucher.Holder {
	issued := c.AskedAt
	if issued.IsZero() {
		issued = time.Now()
	}
	return voucher.Holder{Name: c.Name, Groups: c.Groups, IdentifiedBy: c.Via, Issued: latch.NewTime(issued)}
}

// vouch adds to a removal the proof that the caller sends it, by the name in the removal. Without
// LATCH_LINK_KEY there is no proof, and the run takes name and groups for what nobody has proven.
func (a *API) vouch(who *Caller, removal *latch.LockRelease) error {
	removal.Voucher, removal.Groups = "", nil
	if a.vouchers.IsZero() {
		removal.Groups = who.Groups
		return nil
	}
	holder := who.holder()
	holder.Name = removal.By
	signed, err := a.vouchers.ForRemoval(holder, *removal)
	if err != nil {
		return fmt.Errorf("prove who removes lock %s: %w", removal.Lock, err)
	}
	removal.Voucher = signed
	return nil
}

// vouchExtension is vouch for a move of a lock's deadline.
func (a *API) vouchExtension(who *Caller, extension *latch.LockExtension) error {
	extension.Voucher, extension.Groups = "", nil
	if a.vouchers.IsZero() {
		extension.Groups = who.Groups
		return nil
	}
	holder := who.holder()
	holder.Name = extension.By
	signed, err := a.vouchers.ForExtension(holder, *extension)
	if err != nil {
		return fmt.Errorf("prove who extends lock %s: %w", extension.Lock, err)
	}
	extension.Voucher = signed
	return nil
}

// vouchSkip adds to a message that skips a hook of an enforced webhook the proof that the caller sends
// it, bound to the hook. Whether the run needs the proof, only the run knows.
func (a *API) vouchSkip(ctx context.Context, kind latch.Kind, id string, skip *latch.Skip) error {
	skip.Voucher = ""
	who := CallerOf(ctx)
	if a.vouchers.IsZero() || !latch.IsProven(who.Via) {
		return nil
	}
	info, err := a.findRun(ctx, kind, id)
	if err != nil {
		return err
	}
	var records []latch.Record
	execution := info.GetExecution()
	err = a.Runs.Query(ctx, execution.GetWorkflowId(), execution.GetRunId(), latch.QueryHistory, &records)
	if runs.IsNotFound(err) || runs.IsForeign(err) {
		return nil // the message is refused for what it names
	}
	if err != nil {
		return err
	}
	at := slices.IndexFunc(records, skip.Names)
	for later := at + 1; skip.Lock == "" && later < len(records); later++ { // the newest, as the run takes it
		if skip.Names(records[later]) {
			at = later
		}
	}
	if at < 0 || !records[at].Enforced {
		return nil
	}
	skip.Voucher, err = a.vouchers.ForSkip(who.holder(), records[at].DeliveryID, *skip)
	return err
}

// Prove returns the function that makes the memo which proves to a run that the caller has started
// it. It makes none for callers whose name is not proven.
func (a *API) Prove(ctx context.Context) func(workflowID string, input json.RawMessage) map[string]string {
	who := CallerOf(ctx)
	return func(workflowID string, input json.RawMessage) map[string]string {
		if who == nil || a.vouchers.IsZero() || !latch.IsProven(who.Via) {
			return nil
		}
		signed, err := a.vouchers.ForStart(who.holder(), workflowID, input)
		if err != nil {
			a.Logger.WarnContext(ctx, "cannot prove who starts a run", "workflow_id", workflowID, "error", err)
			return nil
		}
		return map[string]string{latch.MemoStarter: signed}
	}
}
