package latch

import (
	"fmt"
	"strings"
)

// An AuditEntry states one thing that a person or a program did by Latch, or was refused
// (contract, "Audit").
type AuditEntry struct {
	// ID is that of the entry; entries that were not read from Temporal have none.
	ID string `json:"id,omitempty" doc:"The entry's own id"`
	// At is when Temporal recorded the entry.
	At Time `json:"at,omitzero" doc:"When Temporal recorded the entry"`
	// Action is one of [AuditActions].
	Action string `json:"action" doc:"What was done, such as lock.release"`
	// Outcome is one of [AuditDone], [AuditRefused] and [AuditFailed].
	Outcome string `json:"outcome" enum:"done,refused,failed" doc:"failed is an act that was not answered: it may have been carried out all the same"`
	// Status is the API's HTTP status, if it is not a success. Error says why.
	Status int    `json:"status,omitempty" doc:"The HTTP status of an act that was not done"`
	Error  string `json:"error,omitempty" doc:"Why it was not done"`
	// Via is one of [AuditVias].
	Via string `json:"via" enum:"api,console,page,slack,cli" doc:"The way by which it came; cli is the command line that speaks to Temporal"`
	// By is the name of the person or the key; "" if nobody proved one.
	By string `json:"by,omitempty" doc:"The name of the key or the person; absent for an unknown key"`
	// IdentifiedBy says how By is known: [IdentifiedByKey] and the like.
	IdentifiedBy string   `json:"identified_by,omitempty" doc:"How the name is known: key, oidc, slack, link, local or temporal"`
	Role         string   `json:"role,omitempty"`
	Groups       []string `json:"groups,omitempty"`
	// Remote is the address of the caller, as the API sees it.
	Remote string `json:"remote,omitempty" doc:"The caller's address, as the API sees it"`
	// Target is the id of the job, webhook, watch, freeze, tag or delivery that the act was about.
	Target string `json:"target,omitempty" doc:"The id of the job, webhook, watch, freeze, tag or delivery"`
	// WorkflowID and RunID are those of the run.
	WorkflowID string `json:"workflow_id,omitempty"`
	RunID      string `json:"run_id,omitempty"`
	// Webhook, Event and Step name the hook or the step in the run.
	Webhook string `json:"webhook,omitempty"`
	Event   string `json:"event,omitempty"`
	Step    string `json:"step,omitempty"`
	// Result is what a removal of a lock or a vote says.
	Result string `json:"result,omitempty" doc:"pass, fail, approve, reject or withdraw"`
	Reason string `json:"reason,omitempty"`
	// Count is how many refusals the entry stands for, from First to Last; 0 is one act.
	Count int  `json:"count,omitempty" doc:"How many refusals the entry stands for"`
	First Time `json:"first,omitzero" doc:"When the first of them was"`
	Last  Time `json:"last,omitzero" doc:"When the last of them was"`
}

// The outcomes of an [AuditEntry].
const (
	AuditDone    = "done"
	AuditRefused = "refused"
	// AuditFailed is an act that was not answered. It may have been carried out.
	AuditFailed = "failed"
)

// The ways by which an act came. [ViaAPI], [ViaPage] and [ViaSlack] are others.
const (
	ViaConsole = "console"
	// ViaCLI is a command that speaks to Temporal, and not to the API.
	ViaCLI = "cli"
)

// The actions of an [AuditEntry]: what was acted on, and what was done to it.
const (
	// AuditAccess is a request that was refused before anything was asked: an unknown key or
	// token, an address that may not call, a role that is too small to read.
	AuditAccess = "access"
	AuditLogin  = "login"
	AuditLogout = "logout"

	AuditLockRelease = "lock.release"
	AuditLockExtend  = "lock.extend"

	AuditReleaseStart    = "release.start"
	AuditReleaseStop     = "release.stop"
	AuditReleaseRollback = "release.rollback"
	AuditReleaseRetry    = "release.retry"
	AuditReleaseSkip     = "release.skip"

	AuditGateStart    = "gate.start"
	AuditGateStop     = "gate.stop"
	AuditGateRollback = "gate.rollback"
	AuditGateSkip     = "gate.skip"

	AuditJobCreate = "job.create"
	AuditJobChange = "job.change"
	AuditJobDelete = "job.delete"
	AuditJobStart  = "job.start"
	AuditJobStop   = "job.stop"
	AuditJobPause  = "job.pause"
	AuditJobResume = "job.resume"
	AuditJobTest   = "job.test"

	AuditWebhookCreate  = "webhook.create"
	AuditWebhookPut     = "webhook.put"
	AuditWebhookDelete  = "webhook.delete"
	AuditWebhookEnable  = "webhook.enable"
	AuditWebhookDisable = "webhook.disable"
	AuditWebhookTest    = "webhook.test"

	AuditWatchPut    = "watch.put"
	AuditWatchDelete = "watch.delete"

	AuditFreezePut    = "freeze.put"
	AuditFreezeDelete = "freeze.delete"

	AuditTagCreate = "tag.create"
	AuditTagDelete = "tag.delete"

	AuditDeliveryRedeliver = "delivery.redeliver"

	// AuditEventFire is a custom event that was refused. Those that were fired are in their runs
	// alone, since there may be a thousand a second.
	AuditEventFire = "event.fire"
)

// AuditActions returns all actions, in the order of the documents.
func AuditActions() []string {
	return []string{AuditAccess, AuditLogin, AuditLogout, AuditLockRelease, AuditLockExtend,
		AuditReleaseStart, AuditReleaseStop, AuditReleaseRollback, AuditReleaseRetry, AuditReleaseSkip,
		AuditGateStart, AuditGateStop, AuditGateRollback, AuditGateSkip,
		AuditJobCreate, AuditJobChange, AuditJobDelete, AuditJobStart, AuditJobStop, AuditJobPause, AuditJobResume, AuditJobTest,
		AuditWebhookCreate, AuditWebhookPut, AuditWebhookDelete, AuditWebhookEnable, AuditWebhookDisable, AuditWebhookTest,
		AuditWatchPut, AuditWatchDelete, AuditFreezePut, AuditFreezeDelete, AuditTagCreate, AuditTagDelete, AuditDeliveryRedeliver,
		AuditEventFire}
}

// AuditOutcomes returns all outcomes.
func AuditOutcomes() []string { return []string{AuditDone, AuditRefused, AuditFailed} }

// AuditVias returns all ways by which an act comes.
func AuditVias() []string { return []string{ViaAPI, ViaConsole, ViaPage, ViaSlack, ViaCLI} }

// IsAuditOf reports whether an action acts on a kind of things: release.stop acts on release.
func IsAuditOf(action, kind string) bool {
	of, _, is := strings.Cut(action, ".")
	return is && of == kind
}

// Who returns who did it, for people: the name, or the address of somebody unknown.
func (e *AuditEntry) Who() string {
	if e.By == "" && e.Remote != "" {
		return "somebody at " + e.Remote
	}
	return e.By
}

// Way returns how it came and how the name is known, for people.
func (e *AuditEntry) Way() string {
	if e.IdentifiedBy == "" {
		return e.Via
	}
	return e.Via + ", " + e.IdentifiedBy
}

// What returns what it was done to, for people: the run with its hook, or what is registered.
func (e *AuditEntry) What() string {
	parts := []string{}
	for _, part := range []string{e.WorkflowID, e.Target, e.Webhook, e.Event, e.Step} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, " ")
}

// Why returns what was said about it, for people: the vote with its reason, or why it was refused,
// and how often.
func (e *AuditEntry) Why() string {
	parts := []string{}
	for _, part := range []string{e.Result, e.Reason, e.Error} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	said := strings.Join(parts, ": ")
	if e.Count > 1 {
		said += fmt.Sprintf(" (%d times)", e.Count)
	}
	return strings.TrimSpace(said)
}
