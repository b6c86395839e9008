package protocol

import (
	"encoding/json"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/vars"
	"github.com/latch-run/latch/internal/verdict"
)

// Names of the internal activities. All but AwaitFirstAttempts, Fetch, Probe, SendKept, SendKeptBatch
// and Watch run as local activities: what they answer is recorded and never computed again.
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
	ActivityWatch              = "latch.internal.Watch"
)

// An AdmitRequest asks whether an input may run.
type AdmitRequest struct {
	Kind  latch.Kind      `json:"kind"`
	Input json.RawMessage `json:"input"`
	// Run and Now are the variables of these names as the run begins, for the
	// `when` of registered webhooks.
	Run vars.Run   `json:"run"`
	Now latch.Time `json:"now"`
	// Waited is how long before Now the run was started, by the server's clock; 0 for
	// what begins later than its run.
	Waited latch.Duration `json:"waited,omitempty"`
	// Fields are those that the variable job of a registered job has beside.
	Fields latch.Object `json:"fields,omitempty"`
	// Endpoint is the registered webhook that an event about an endpoint is about: it
	// does not hear of itself.
	Endpoint string `json:"endpoint,omitempty"`
	// Limit is after what time Temporal ends the run of a gate; 0 is never.
	Limit latch.Duration `json:"limit,omitempty"`
}

// An Admission is the answer: everything that is wrong with the input, and
// what of the worker's surroundings the run goes by from now on.
type Admission struct {
	Problems latch.Problems `json:"problems,omitempty"`
	System   vars.System    `json:"system"`
	// SearchAttributes reports whether the run upserts search attributes.
	SearchAttributes bool `json:"search_attributes,omitempty"`
	// TagWebhooks reports whether the run upserts the one that lists its webhooks.
	TagWebhooks bool `json:"tag_webhooks,omitempty"`
	// Webhooks are registered ones that apply to the run, each with the events
	// that such a run fires.
	Webhooks []AttachedWebhook `json:"webhooks,omitempty"`
	// Events are the answers for each event of a batch.
	Events []EventAdmission `json:"events,omitempty"`
	// Page is the address of the run's page in the console; "" where it has none,
	// or that is not known.
	Page string `json:"page,omitempty"`
	// Console is the public address below which the console's pages are; "" where
	// that is not known.
	Console string `json:"console,omitempty"`
	// RunInDeliveryIDs has the run's id be read from the ids of its deliveries.
	RunInDeliveryIDs bool `json:"run_in_delivery_ids,omitempty"`
	// Volleys has first attempts be made in local activities.
	Volleys bool `json:"volleys,omitempty"`
}

// An EventAdmission is what the registry has of one event of a batch.
type EventAdmission struct {
	// Webhooks are the indexes of the registered webhooks that apply to it.
	Webhooks []int `json:"webhooks,omitempty"`
	// Problems are why it is not fired; the others are.
	Problems latch.Problems `json:"problems,omitempty"`
}

// An AttachedWebhook is a webhook as a run takes it: its own, or a registered
// one.
type AttachedWebhook struct {
	latch.Webhook
	// Registered says that the webhook stands by itself, so that a later change
	// of it counts for retries.
	Registered bool `json:"registered,omitempty"`
	// Enforced says that no run may replace it.
	Enforced bool `json:"enforced,omitempty"`
}

// A PlanRequest asks what needs chance or an expression before the webhooks
// of an event go out.
type PlanRequest struct {
	// WorkflowID begins the tokens of the locks.
	WorkflowID string     `json:"workflow_id"`
	Hooks      []PlanHook `json:"hooks"`
}

// A PlanHook is one hook of the event.
type PlanHook struct {
	Webhook   string         `json:"webhook"`
	Blocking  bool           `json:"blocking,omitempty"`
	When      string         `json:"when,omitempty"`
	Variables expr.Variables `json:"variables,omitempty"`
}

// A PlannedHook is the answer for one hook, in the request's order.
type PlannedHook struct {
	// Skip reports that `when` was false.
	Skip bool `json:"skip,omitempty"`
	// Error is why `when` could not be evaluated.
	Error   string `json:"error,omitempty"`
	Lock    string `json:"lock,omitempty"`
	LockURL string `json:"lock_url,omitempty"`
}

// A Send is the argument of latch.SendWebhook: a delivery with everything
// that its attempts need.
type Send struct {
	Request WebhookRequest `json:"request"`
	// Record is the delivery's record as it stood when it was fired.
	Record latch.Record `json:"record"`
	// Question is what to ask of the record once it is delivered; none for a
	// hook that is decided elsewhere.
	Question *verdict.Question `json:"question,omitempty"`
	// PriorAttempts is how many attempts were made before this activity.
	PriorAttempts int `json:"prior_attempts,omitempty"`
	// Tries describes those attempts.
	Tries []latch.RecordTry `json:"tries,omitempty"`
	// NotBefore is when the next attempt is due.
	NotBefore latch.Time `json:"not_before,omitzero"`
	// Deadline is when the delivery is given up.
	Deadline time.Time `json:"deadline"`
	// Registered says that the webhook stands by itself: attempts after the first
	// go by the webhook as it is registered then. Given are the names of the
	// variables that the delivery was given, as far as they apply.
	Registered bool     `json:"registered,omitempty"`
	Given      []string `json:"given,omitempty"`
	// Carried says that the run that fired the delivery sends it no more: it was
	// handed over, or is sent again. Then the first attempt is a later one too.
	Carried bool `json:"carried,omitempty"`
	// Probe says that this is the one attempt by which a disabled endpoint is tried:
	// if it fails, the delivery is kept again.
	Probe bool `json:"probe,omitempty"`
}

// An Outcome is what a delivery came to, or stands at: the activity's result,
// and the details of its errors.
type Outcome struct {
	Delivered bool                  `json:"delivered"`
	Attempts  int                   `json:"attempts"`
	Error     string                `json:"error,omitempty"`
	Request   *latch.RecordRequest  `json:"request,omitempty"`
	Response  *latch.RecordResponse `json:"response,omitempty"`
	Data      latch.Object          `json:"data,omitempty"`
	// Answer is what data does not show of the answer of a delivery that arrived.
	Answer verdict.Answer `json:"answer,omitzero"`
	// Tries describes the newest [latch.MaximumTries] attempts.
	Tries []latch.RecordTry `json:"tries,omitempty"`
	// CompletedAt is when the last attempt ended, DurationMS how long it took.
	CompletedAt latch.Time `json:"completed_at,omitzero"`
	DurationMS  int64      `json:"duration_ms,omitempty"`
	// Gone reports that the endpoint answered 410 Gone.
	Gone bool `json:"gone,omitempty"`
	// Withdrawn says that the delivery ended because its registered webhook was
	// disabled, deleted or changed so that it cannot be sent.
	Withdrawn bool `json:"withdrawn,omitempty"`
	// Kept says that the endpoint is disabled: the delivery can be sent later. It is
	// Withdrawn too, so that nobody is told that it failed.
	Kept bool `json:"kept,omitempty"`
	// NextAttemptAt is when a delivery that is to be tried again is due.
	NextAttemptAt latch.Time `json:"next_attempt_at,omitzero"`
	// Verdict answers the Send's question, if there was one and the delivery
	// arrived.
	Verdict *verdict.Verdict `json:"verdict,omitempty"`
}

// A Delivery is the argument of the workflow latch.Deliver.
type Delivery struct {
	Send Send `json:"send"`
	// NotBefore is when the next attempt is due.
	NotBefore latch.Time `json:"not_before,omitzero"`
	// Brought is what a removal or an update brought into the record, over what
	// the endpoint will answer.
	Brought latch.Object `json:"brought,omitempty"`
	// LockRemoved reports that the removal of its lock settled the hook: the
	// delivery's failure counts no more.
	LockRemoved bool `json:"lock_removed,omitempty"`
	// Operators are webhooks that are told should the delivery fail for good.
	Operators []AttachedWebhook `json:"operators,omitempty"`
	// Waits reports that the delivery is sent only once it is its turn, when
	// SignalTurn comes. Its deadline counts from then on.
	Waits bool `json:"waits,omitempty"`
	// Redelivery counts how often it was asked for again; zero for one that a
	// run handed over.
	Redelivery int `json:"redelivery,omitempty"`
	// Outcome is what a redelivery has come to already: then nothing is sent, and it
	// is only recorded.
	Outcome *Outcome `json:"outcome,omitempty"`
	// Page is the address of the delivery's page in the console; "" where that is
	// not known.
	Page string `json:"page,omitempty"`
}

// An EvaluateRequest asks for the verdict on a record.
type EvaluateRequest struct {
	Question  verdict.Question `json:"question"`
	Record    latch.Record     `json:"record"`
	Answer    verdict.Answer   `json:"answer,omitzero"`
	Variables expr.Variables   `json:"variables"`
}

// Siblings says how the earlier jobs of a sequence ended, by id. It
// is the second argument of latch.JobRun, from the sequence alone.
type Siblings map[string]Sibling

// A Sibling is how a job of the same sequence ended.
type Sibling struct {
	Status string       `json:"status"`
	KVP    latch.Object `json:"kvp"`
}

// An EmitOrigin is the second argument of latch.Emit, from Latch itself alone.
type EmitOrigin struct {
	// Operator reports that the event is about a delivery.
	Operator bool `json:"operator,omitempty"`
	// Registered are the ids of those of the emission's webhooks that are
	// registered ones.
	Registered []string `json:"registered,omitempty"`
	// Endpoint is the registered webhook whose endpoint the event is about: the
	// others that listen hear of it.
	Endpoint string `json:"endpoint,omitempty"`
}

// A RenderRequest asks for JSON values with their templates filled in, each
// by itself.
type RenderRequest struct {
	Values    []json.RawMessage `json:"values"`
	Variables expr.Variables    `json:"variables"`
}

// A RenderAnswer holds the rendered values, or why one could not be rendered.
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

// ErrorCommandFailed is the type of the error with which latch.Command fails
// where the program did. Where it ended by itself, a CommandEnd is the detail.
const ErrorCommandFailed = "CommandFailed"

// A CommandEnd is how a program ended.
type CommandEnd struct {
	// ExitStatus is what it exited with, or the negative number of the signal
	// that killed it.
	ExitStatus int `json:"exit_status"`
}

// A PendingRequest names activities of the asking run.
type PendingRequest struct {
	ActivityIDs []string `json:"activity_ids"`
}

// A PendingAttempt is where a pending activity stands.
type PendingAttempt struct {
	ActivityID string `json:"activity_id"`
	// Ended is how many attempts have ended.
	Ended int `json:"ended"`
	// TurnedAway reports that the endpoint already had as many requests as it may: then
	// nothing may have been sent yet.
	TurnedAway bool `json:"turned_away,omitempty"`
	// Running reports that an attempt is under way or about to start.
	Running       bool       `json:"running"`
	NextAttemptAt latch.Time `json:"next_attempt_at,omitzero"`
	// LastError is why the last attempt failed.
	LastError string `json:"last_error,omitempty"`
	// Tries describes the attempts of a delivery that have ended, as many as
	// there is room for.
	Tries []latch.RecordTry `json:"tries,omitempty"`
}

// A PendingAnswer describes the activities that are still pending. It is not
// known where the run cannot be described, as in the SDK's test environment.
type PendingAnswer struct {
	Known    bool             `json:"known"`
	Attempts []PendingAttempt `json:"attempts,omitempty"`
}

// Attempts returns how many attempts were made: one at least, unless something
// else is known.
func (p PendingAttempt) Attempts() int {
	if p.TurnedAway {
		return p.Ended
	}
	return max(p.Ended, 1)
}
