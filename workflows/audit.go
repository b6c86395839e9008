package workflows

import (
	"encoding/json"
	"fmt"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
)

// Audit is the workflow latch.Audit, which exists once for each task queue on which people and
// programs have acted (contract, "Audit"). Each signal appends entries, and the history of the
// workflow is where they are read: Temporal writes it, and nobody changes what stands there. The
// workflow itself only counts them, and goes on as a new run before its history grows too long.
func Audit(ctx workflow.Context, input converter.RawValue) error {
	var log protocol.Audit
	if err := json.Unmarshal(payloadJSON(input), &log); err != nil {
		return invalidSpec(latch.Problems{{Message: fmt.Sprintf("%s is started by an act, not by hand", latch.WorkflowAudit)}})
	}
	appended := workflow.GetSignalChannel(ctx, protocol.SignalAudit)
	take := func(signal converter.RawValue) {
		var entries protocol.AuditEntries
		_ = json.Unmarshal(payloadJSON(signal), &entries) // readers count what they cannot read
		log.Entries += len(entries.Entries)
	}
	var signal converter.RawValue
	for {
		appended.Receive(ctx, &signal)
		take(signal)
		for appended.ReceiveAsync(&signal) {
			take(signal)
		}
		workflow.SetCurrentDetails(ctx, fmt.Sprintf("%d entries. Read them with `starter audit`.\n", log.Entries))
		if workflow.GetInfo(ctx).GetContinueAsNewSuggested() {
			return workflow.NewContinueAsNewError(ctx, latch.WorkflowAudit, log)
		}
	}
}
