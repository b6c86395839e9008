package latch

import (
	"fmt"
	"slices"
	"strings"
)

// Beginnings of the ids of the workflows that Latch starts. What follows is the
// id of the job, release, emission or delivery.
const (
	PrefixJobRun   = "job-"
	PrefixRelease  = "release-"
	PrefixEmission = "emit-"
	// PrefixBatch begins the id of a run that fires several events.
	PrefixBatch = "events-"
	PrefixGate  = "gate-"
	// PrefixDelivery begins the id of the workflow that carries on a delivery
	// after its run has closed, and PrefixRedelivery that of one that sends it
	// again.
	PrefixDelivery   = "deliver-"
	PrefixRedelivery = "redeliver-"
	// PrefixOperator begins the id of the workflow that fires an event about a
	// delivery.
	PrefixOperator = "operator-"
)

// PrefixDeliveryID begins the id of every delivery.
const PrefixDeliveryID = "dlv_"

// A reservedID is how the ids begin that belong to somebody.
type reservedID struct{ prefix, owner, hint string }

// temporalsOwn are the beginnings of what Temporal's server keeps for itself:
// ids of workflows, such as those behind schedules, names of task queues, and
// types of workflows and activities.
var temporalsOwn = []reservedID{
	{"temporal-sys-", "Temporal's own", "choose another"},
	{"__temporal", "Temporal's own", "choose another"},
}

// latchsOwn are the beginnings of the ids under which Latch finds its runs
// again. Whoever else ran under one would stand in the way of a registered job,
// of a schedule, or of a delivery that is to be carried on or sent again.
var latchsOwn = []reservedID{
	{PrefixJobRun, "those of registered jobs", `start latch.Trigger with {"id": …} to run one, or choose another`},
	{"latch-", "Latch's own", "choose another"},
	{PrefixDelivery + PrefixDeliveryID, "those of deliveries", "choose another"},
	{PrefixRedelivery + PrefixDeliveryID, "those of deliveries", "choose another"},
	{PrefixOperator + PrefixDeliveryID, "those of deliveries", "choose another"},
}

// reservedIDs are all of them.
var reservedIDs = slices.Concat(temporalsOwn, latchsOwn)

// IsOwnWork reports whether a workflow of the id is one by which Latch does its own
// work, such as a delivery, and not a job, release or event of somebody's.
func IsOwnWork(id string) bool {
	for _, each := range latchsOwn {
		if each.prefix != PrefixJobRun && strings.HasPrefix(id, each.prefix) {
			return true
		}
	}
	return false
}

// CheckWorkflowID says why no workflow of somebody's own may run under the id,
// nil where one may. It looks at reserved beginnings alone, which may be all that
// is known of an id. A run of a registered job is started by [WorkflowTrigger].
func CheckWorkflowID(id string) error { return reserved(id, reservedIDs) }

// CheckID says why no job, release or emission may have the id, nil where one
// may: it begins as Temporal's own do.
func CheckID(id string) error { return reserved(id, temporalsOwn) }

// reserved says whose the text is by its beginning, nil for nobody's.
func reserved(text string, by []reservedID) error {
	for _, each := range by {
		if strings.HasPrefix(text, each.prefix) {
			return fmt.Errorf("%.100q is reserved: those that begin with %s are %s; %s", text, each.prefix, each.owner, each.hint)
		}
	}
	return nil
}

// checkReserved adds why the text cannot be the name or id of somebody's own.
func checkReserved(problems *Problems, path, text string, by []reservedID) {
	if err := reserved(text, by); err != nil {
		problems.Addf(path, "%v", err)
	}
}

// requireRunID is requireID for what a workflow's id is made of.
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
