package latch

import (
	"fmt"
	"slices"
	"strings"
)

// These are the prefixes of the ids of the workflows that Latch starts. They are followed by
// the id of the job, release, emission or delivery.
const (
	PrefixJobRun   = "job-"
	PrefixRelease  = "release-"
	PrefixEmission = "emit-"
	// PrefixBatch begins the id of a run that fires several events.
	PrefixBatch = "events-"
	PrefixGate  = "gate-"
	// PrefixDelivery begins the id of the workflow that continues a delivery after its run has
	// closed. PrefixRedelivery begins that of one that sends it again.
	PrefixDelivery   = "deliver-"
	PrefixRedelivery = "redeliver-"
	// PrefixOperator begins the id of the workflow that fires an event about a
	// delivery.
	PrefixOperator = "operator-"
	// PrefixEvidence begins the id of the workflow that sends the evidence of a run, before the run's
	// own id.
	PrefixEvidence = "latch-evidence-"
)

// PrefixDeliveryID begins the id of every delivery.
const PrefixDeliveryID = "dlv_"

// A reservedID is a prefix of ids that is reserved, with its owner.
type reservedID struct{ prefix, owner, hint string }

// temporalsOwn are the prefixes that Temporal's server reserves for ids of workflows, such as
// those behind schedules, names of task queues, and types of workflows and activities.
var temporalsOwn = []reservedID{
	{"temporal-sys-", "Temporal's own", "choose another"},
	{"__temporal", "Temporal's own", "choose another"},
}

// latchsOwn are the prefixes of the ids by which Latch finds its runs. A foreign workflow under
// such an id would block a registered job, a schedule, or a delivery that is to be continued or
// sent again.
var latchsOwn = []reservedID{
	{PrefixJobRun, "those of registered jobs", `start latch.Trigger with {"id": …} to run one, or choose another`},
	{"latch-", "Latch's own", "choose another"},
	{PrefixDelivery + PrefixDeliveryID, "those of deliveries", "choose another"},
	{PrefixRedelivery + PrefixDeliveryID, "those of deliveries", "choose another"},
	{PrefixOperator + PrefixDeliveryID, "those of deliveries", "choose another"},
}

// reservedIDs combines both lists.
var reservedIDs = slices.Concat(temporalsOwn, latchsOwn)

// IsOwnWork reports whether a workflow with this id does Latch's own work, such as a delivery,
// rather than a user's job, release or event.
func IsOwnWork(id string) bool {
	for _, each := range latchsOwn {
		if each.prefix != PrefixJobRun && strings.HasPrefix(id, each.prefix) {
			return true
		}
	}
	return false
}

// CheckWorkflowID returns an error if no user's workflow may have the id. It checks only
// reserved prefixes, which may be all that is known of an id. A run of a registered job is
// started by [WorkflowTrigger].
func CheckWorkflowID(id string) error { return reserved(id, reservedIDs) }

// CheckID returns an error if no job, release or emission may have the id because Temporal
// reserves its prefix.
func CheckID(id string) error { return reserved(id, temporalsOwn) }

// reserved returns the entry for the text's prefix, or nil.
func reserved(text string, by []reservedID) error {
	for _, each := range by {
		if strings.HasPrefix(text, each.prefix) {
			return fmt.Errorf("%.100q is reserved: those that begin with %s are %s; %s", text, each.prefix, each.owner, each.hint)
		}
	}
	return nil
}

// checkReserved adds a problem if the text cannot be a user's name or id.
func checkReserved(problems *Problems, path, text string, by []reservedID) {
	if err := reserved(text, by); err != nil {
		problems.Addf(path, "%v", err)
	}
}

// requireRunID is requireID for an id that becomes part of a workflow's id.
func requireRunID(problems *Problems, path, id string) {
	if requireID(problems, path, id) {
		checkReserved(problems, path, id, temporalsOwn)
	}
}

// fixedBeginning returns the text of a template before its first expression.
func fixedBeginning(template string) string {
	fixed, _, _ := strings.Cut(strings.ReplaceAll(template, "$${", "\x00"), "${")
	return strings.ReplaceAll(fixed, "\x00", "${")
}
