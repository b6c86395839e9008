package protocol

import (
	"encoding/json"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/vars"
	"github.com/latch-run/latch/internal/verdict"
)

// Names of the internal activities. All but AwaitEnd, AwaitFirstAttempts, EarlierJobs, Ends, Fetch, Probe,
// ReadEnd, ReadState, SendEvidence, SendKept, SendKeptBatch and Watch run as local activities: what they
// answer is recorded and never computed again.
const (
	ActivityAdmit              = "latch.internal.Admit"
	ActivityPlan               = "latch.internal.Plan"
	ActivityEvaluate           = "latch.internal.Evaluate"
	ActivityRender             = "latch.internal.Render"
	ActivityPendingAttempts    = "latch.internal.PendingAttempts"
	ActivityAwaitFirstAttempts = "latch.internal.AwaitFirstAttempts"
	ActivityResolve            = "latch.internal.Resolve"
	ActivityTimes              = "latch.internal.Times"
	ActivityVolley             = "latch.internal.Volley"
	ActivityFetch              = "latch.internal.Fetch"
	ActivityOwnerLives         = "latch.internal.OwnerLives"
	ActivityObserve            = "latch.internal.Observe"
	ActivityProbe              = "latch.internal.Probe"
	ActivitySendKept           = "latch.internal.SendKept"
	ActivitySendKeptBatch      = "latch.internal.SendKeptBatch"
	ActivityTakeTurn           = "latch.internal.TakeTurn"
	ActivityHasEnded           = "latch.internal.HasEnded"
	ActivityAwaitEnd           = "latch.internal.AwaitEnd"
	ActivityWatch              = "latch.internal.Watch"
	ActivityEnds               = "latch.internal.Ends"
	ActivityReadEnd            = "latch.internal.ReadEnd"
	ActivityReadArgument       = "latch.internal.ReadArgument"
	ActivityReadState          = "latch.internal.ReadState"
	ActivityNewerRun           = "latch.internal.NewerRun"
	ActivityCompose            = "latch.internal.Compose"
	ActivityJudge              = "latch.internal.Judge"
	ActivitySendEvidence       = "latch.internal.SendEvidence"
	ActivityExamine            = "latch.internal.Examine"
	ActivityEarlierJobs        = "latch.internal.EarlierJobs"
	ActivityFreezes            = "latch.internal.Freezes"
)

// An AdmitRequest asks whether a run with this input may begin.
type AdmitRequest struct {
	Kind  latch.Kind      `json:"kind"`
	Input json.RawMessage `json:"input"`
	// Run and Now are the variables of these names when the run begins, for the `when` of
	// registered webhooks.
	Run vars.Run   `json:"run"`
	Now latch.Time `json:"now"`
	// Waited is the time from the start of the run to Now, by the server's clock. It is 0 for
	// parts that begin later than their run.
	Waited latch.Duration `json:"waited,omitempty"`
	// Fields are the additional fields of a registered job's variable job.
	Fields latch.Object `json:"fields,omitempty"`
	// Endpoint is the registered webhook that an endpoint's event is about. It does not receive
	// events about itself.
	Endpoint string `json:"endpoint,omitempty"`
	// Limit is the time after which Temporal ends the run of a gate; 0 means never.
	Limit latch.Duration `json:"limit,omitempty"`
	// Starter is the payload of the run's memo with the voucher of whoever started it, and Started
	// when that was.
	Starter *MemoField `json:"starter,omitempty"`
	Started latch.Time `json:"started,omitzero"`
}

// A MemoField is a field of a run's memo, as it is encoded.
type MemoField struct {
	Metadata map[string][]byte `json:"metadata,omitempty"`
	Data     []byte            `json:"data,omitempty"`
}

// An Admission is the answer: all problems of the input, and the settings of the worker that
// the run uses from now on.
type Admission struct {
	Problems latch.Problems `json:"problems,omitempty"`
	System   vars.System    `json:"system"`
	// SearchAttributes reports whether the run upserts search attributes.
	SearchAttributes bool `json:"search_attributes,omitempty"`
	// TagWebhooks reports whether the run upserts the search attribute that lists its webhooks.
	TagWebhooks bool `json:"tag_webhooks,omitempty"`
	// Webhooks are the registered ones that apply to the run, each with the events that such a
	// run fires.
	Webhooks []AttachedWebhook `json:"webhooks,omitempty"`
	// Freezes are the registered ones that apply to a release.
	Freezes []AttachedFreeze `json:"freezes,omitempty"`
	// Own are the webhooks that the worker's options say, for a run of a workflow that knows
	// nothing of Latch. Such a run brings none.
	Own []latch.Webhook `json:"own,omitempty"`
	// Events are the answers for each event of a batch.
	Events []EventAdmission `json:"events,omitempty"`
	// Page is the address of the run's page in the console, or "" if the run has no page or
	// the address is unknown.
	Page string `json:"page,omitempty"`
	// Console is the public address of the console's pages, or "" if it is unknown.
	Console string `json:"console,omitempty"`
	// RunInDeliveryIDs makes the run's id part of the ids of its deliveries.
	RunInDeliveryIDs bool `json:"run_in_delivery_ids,omitempty"`
	// Volleys makes first attempts run in local activities.
	Volleys bool `json:"volleys,omitempty"`
	// EndsTogether makes the first attempts of a job's two final events share a volley.
	EndsTogether bool `json:"ends_together,omitempty"`
	// DecidesHere makes the run decide by itself about a hook without expressions.
	DecidesHere bool `json:"decides_here,omitempty"`
	// SafeToRedo makes what a volley has told hold although its workflow task is lost with a worker,
	// and done again after the run was told something else: a volley waits until the updates that
	// the run has taken are in its history, and an event is part of the ids of its deliveries.
	SafeToRedo bool `json:"safe_to_redo,omitempty"`
	// AsksForJobs makes the jobs of a sequence ask for the earlier ones if they need them, instead
	// of each being given them.
	AsksForJobs bool `json:"asks_for_jobs,omitempty"`
	// Evidence makes the run leave evidence of itself when it closes.
	Evidence bool `json:"evidence,omitempty"`
	// Starter is the proven name of the person who started the run; "" if there is none.
	Starter string `json:"starter,omitempty"`
	// HoldsAtDeadline makes an enforced webhook stop a gate whose deadline would let it pass.
	HoldsAtDeadline bool `json:"holds_at_deadline,omitempty"`
	// RejectionsStop makes a vote to reject ask to stop at a lock without approvals, see
	// [latch.LockRelease.WithoutApprovals]. To a run without it such a vote is the result fail alone.
	RejectionsStop bool `json:"rejections_stop,omitempty"`
	// ListensLate makes a run begin its coroutines that take signals once the first one has arrived.
	ListensLate bool `json:"listens_late,omitempty"`
	// Rates reports that workers serve the queue of rates, [RateQueue], and that it limits them.
	Rates bool `json:"rates,omitempty"`
}

// An EventAdmission is the answer for one event of a batch.
type EventAdmission struct {
	// Webhooks are the indexes of the registered webhooks that apply to it.
	Webhooks []int `json:"webhooks,omitempty"`
	// Problems are the reasons why it is not fired. The other events are fired.
	Problems latch.Problems `json:"problems,omitempty"`
}

// An AttachedWebhook is a webhook of a run: the run's own, or a registered one.
type AttachedWebhook struct {
	latch.Webhook
	// Registered reports that the webhook is a registered one, so that its later changes apply
	// to retries.
	Registered bool `json:"registered,omitempty"`
	// Enforced reports that no run may replace it.
	Enforced bool `json:"enforced,omitempty"`
	// SkipGroups has the same meaning as in [latch.RegisteredWebhook].
	SkipGroups []string `json:"skip_groups,omitempty"`
	// Freeze is set for the lock of a freeze, which is in the place of a webhook.
	Freeze *HeldFreeze `json:"freeze,omitempty"`
}

// A PlanRequest asks for what the deliveries of an event need from randomness or expressions.
type PlanRequest struct {
	// WorkflowID is the prefix of the tokens of the locks.
	WorkflowID string     `json:"workflow_id"`
	Hooks      []PlanHook `json:"hooks"`
}

// A PlanHook is one hook of the event.
type PlanHook struct {
	Webhook   string         `json:"webhook"`
	Blocking  bool           `json:"blocking,omitempty"`
	When      string         `json:"when,omitempty"`
	Variables expr.Variables `json:"variables,omitempty"`
	// Shows is what the lock shows, of which its digest is made: the request, and with its
	// variables those of [vars.Shown].
	Shows *WebhookRequest `json:"shows,omitempty"`
}

// A PlannedHook is the answer for one hook, in the request's order.
type PlannedHook struct {
	// Skip reports that `when` was false.
	Skip bool `json:"skip,omitempty"`
	// Error says why `when` could not be evaluated.
	Error   string `json:"error,omitempty"`
	Lock    string `json:"lock,omitempty"`
	LockURL string `json:"lock_url,omitempty"`
	Digest  string `json:"digest,omitempty"`
}

// A Send is the argument of latch.SendWebhook: a delivery with everything that its attempts
// need.
type Send struct {
	Request WebhookRequest `json:"request"`
	// Record is the delivery's record from the time when it was fired.
	Record latch.Record `json:"record"`
	// Question is evaluated on the record after the delivery. It is nil for a hook that is
	// decided elsewhere.
	Question *verdict.Question `json:"question,omitempty"`
	// PriorAttempts is how many attempts were made before this activity.
	PriorAttempts int `json:"prior_attempts,omitempty"`
	// Tries describes those attempts.
	Tries []latch.RecordTry `json:"tries,omitempty"`
	// NotBefore is when the next attempt is due.
	NotBefore latch.Time `json:"not_before,omitzero"`
	// Deadline is when attempts stop.
	Deadline time.Time `json:"deadline"`
	// PollUntil is when a poll ends without a final answer. It is zero without a poll. Answered
	// is the number of attempts up to the last answer that was not final.
	PollUntil time.Time `json:"poll_until,omitzero"`
	Answered  int       `json:"answered,omitempty"`
	// Measured holds the measurements of an analysis before this activity.
	Measured *Measured `json:"measured,omitempty"`
	// Registered reports that the webhook is a registered one: attempts after the first use its
	// current version. Given are the names of the variables that the delivery was given, if
	// they apply.
	Registered bool     `json:"registered,omitempty"`
	Given      []string `json:"given,omitempty"`
	// Carried reports that the run that fired the delivery no longer sends it: it was handed
	// over, or is sent again. Then even the first attempt counts as a later one.
	Carried bool `json:"carried,omitempty"`
	// Probe reports that this is the one attempt that probes a disabled endpoint. If it fails,
	// the delivery is kept again.
	Probe bool `json:"probe,omitempty"`
	// Rated reports that attempts are made from the queue of rates, [RateQueue].
	Rated bool `json:"rated,omitempty"`
}

// Begin sets the send's limits at its first attempt.
func (s *Send) Begin(now time.Time) {
	webhook := &s.Request.Webhook
	s.Deadline = now.Add(webhook.Lasts())
	if webhook.Poll != nil {
		s.PollUntil = now.Add(time.Duration(latch.WithDefaults(*webhook.Poll).Timeout))
	}
}

// An Outcome is the current or final state of a delivery: the activity's result, and the
// details of its errors.
type Outcome struct {
	Delivered bool                  `json:"delivered"`
	Attempts  int                   `json:"attempts"`
	Error     string                `json:"error,omitempty"`
	Request   *latch.RecordRequest  `json:"request,omitempty"`
	Response  *latch.RecordResponse `json:"response,omitempty"`
	Data      latch.Object          `json:"data,omitempty"`
	// Answer describes the answer of a successful delivery beyond data.
	Answer verdict.Answer `json:"answer,omitzero"`
	// Tries describes the newest [latch.MaximumTries] attempts.
	Tries []latch.RecordTry `json:"tries,omitempty"`
	// Measured holds the measurements of an analysis. Open reports that a person has to decide
	// about them.
	Measured *Measured `json:"measured,omitempty"`
	Open     bool      `json:"open,omitempty"`
	// CompletedAt is when the last attempt ended. DurationMS is how long it took.
	CompletedAt latch.Time `json:"completed_at,omitzero"`
	DurationMS  int64      `json:"duration_ms,omitempty"`
	// Gone reports that the endpoint answered 410 Gone.
	Gone bool `json:"gone,omitempty"`
	// Withdrawn reports that the delivery ended because its registered webhook was disabled,
	// deleted or changed so that it cannot be sent.
	Withdrawn bool `json:"withdrawn,omitempty"`
	// Kept reports that the endpoint is disabled: the delivery can be sent later. Withdrawn is
	// then set too, so that no failure is reported.
	Kept bool `json:"kept,omitempty"`
	// NextAttemptAt is when the next attempt of a retried delivery is due.
	NextAttemptAt latch.Time `json:"next_attempt_at,omitzero"`
	// Verdict answers the Send's question, if there is one and the delivery succeeded.
	Verdict *verdict.Verdict `json:"verdict,omitempty"`
}

// A Delivery is the argument of the workflow latch.Deliver.
type Delivery struct {
	Send Send `json:"send"`
	// NotBefore is when the next attempt is due.
	NotBefore latch.Time `json:"not_before,omitzero"`
	// Brought is what a removal or an update wrote to the record. It overrides the endpoint's
	// answer.
	Brought latch.Object `json:"brought,omitempty"`
	// LockRemoved reports that the removal of its lock settled the hook, so that a failure of
	// the delivery no longer matters.
	LockRemoved bool `json:"lock_removed,omitempty"`
	// Operators are the webhooks to notify if the delivery fails permanently.
	Operators []AttachedWebhook `json:"operators,omitempty"`
	// Waits reports that the delivery is sent only after SignalTurn. Its deadline counts from
	// then on.
	Waits bool `json:"waits,omitempty"`
	// Redelivery counts how often the delivery was requested again. It is zero for one that a
	// run handed over.
	Redelivery int `json:"redelivery,omitempty"`
	// Outcome is what a redelivery has come to already: then nothing is sent, and it
	// is only recorded.
	Outcome *Outcome `json:"outcome,omitempty"`
	// Page is the address of the delivery's page in the console, or "" if it is unknown.
	Page string `json:"page,omitempty"`
}

// An EvaluateRequest asks for the verdict on a record.
type EvaluateRequest struct {
	Question  verdict.Question `json:"question"`
	Record    latch.Record     `json:"record"`
	Answer    verdict.Answer   `json:"answer,omitzero"`
	Variables expr.Variables   `json:"variables"`
}

// An EmitOrigin is the second argument of latch.Emit, which only Latch itself passes.
type EmitOrigin struct {
	// Operator reports that the event is about a delivery.
	Operator bool `json:"operator,omitempty"`
	// Registered are the ids of the emission's webhooks that are registered ones.
	Registered []string `json:"registered,omitempty"`
	// Endpoint is the registered webhook whose endpoint the event is about. The other listeners
	// receive it.
	Endpoint string `json:"endpoint,omitempty"`
}

// A RenderRequest asks for JSON values whose templates are rendered, each separately.
type RenderRequest struct {
	Values    []json.RawMessage `json:"values"`
	Variables expr.Variables    `json:"variables"`
}

// A RenderAnswer holds the rendered values, or says why one could not be rendered.
type RenderAnswer struct {
	Values []json.RawMessage `json:"values,omitempty"`
	Error  string            `json:"error,omitempty"`
}

// An HTTPCall is the argument of latch.HTTP.
type HTTPCall struct {
	Task      latch.HTTPTask `json:"task"`
	Variables expr.Variables `json:"variables"`
}

// A CommandCall is the argument of latch.Command.
type CommandCall struct {
	Task      latch.CommandTask `json:"task"`
	Variables expr.Variables    `json:"variables"`
}

// ErrorCommandFailed is the error type of latch.Command if the program failed. If the program
// ended by itself, the error's detail is a CommandEnd.
const ErrorCommandFailed = "CommandFailed"

// A CommandEnd is how a program ended.
type CommandEnd struct {
	// ExitStatus is the exit status, or the negative number of the signal that killed the
	// program.
	ExitStatus int `json:"exit_status"`
}

// A PendingRequest names activities of the asking run.
type PendingRequest struct {
	ActivityIDs []string `json:"activity_ids"`
}

// A PendingAttempt is the state of a pending activity.
type PendingAttempt struct {
	ActivityID string `json:"activity_id"`
	// Ended is how many attempts have ended.
	Ended int `json:"ended"`
	// TurnedAway reports that the endpoint already had as many requests as allowed, so that
	// nothing may have been sent yet.
	TurnedAway bool `json:"turned_away,omitempty"`
	// Running reports that an attempt is in progress or about to start.
	Running       bool       `json:"running"`
	NextAttemptAt latch.Time `json:"next_attempt_at,omitzero"`
	// LastError says why the last attempt failed.
	LastError string `json:"last_error,omitempty"`
	// Tries describes the ended attempts of a delivery, as many as fit.
	Tries []latch.RecordTry `json:"tries,omitempty"`
	// Answered and Measured have the same meaning as in [Send].
	Answered int       `json:"answered,omitempty"`
	Measured *Measured `json:"measured,omitempty"`
}

// A PendingAnswer describes the activities that are still pending. It is unknown if the run
// cannot be described, as in the SDK's test environment.
type PendingAnswer struct {
	Known    bool             `json:"known"`
	Attempts []PendingAttempt `json:"attempts,omitempty"`
}

// Attempts returns the number of attempts: at least one, unless the endpoint turned the attempt
// away.
func (p PendingAttempt) Attempts() int {
	if p.TurnedAway {
		return p.Ended
	}
	return max(p.Ended, 1)
}
