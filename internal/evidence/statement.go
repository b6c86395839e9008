package evidence

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
)

const (
	// StatementType is that of in-toto, version 1.
	StatementType = "https://in-toto.io/Statement/v1"
	// PredicateType names the form of [Predicate].
	PredicateType = "https://github.com/latch-run/latch/evidence/v1"
)

// A Statement says what came of a run (in-toto Attestation Framework, "Statement"). Its subject is
// the run's input, by its digest.
type Statement struct {
	Type          string    `json:"_type"`
	Subject       []Subject `json:"subject"`
	PredicateType string    `json:"predicateType"`
	Predicate     Predicate `json:"predicate"`
	// Signed is the statement as it was signed, with what a later version states besides. Only a
	// statement that was verified has it.
	Signed json.RawMessage `json:"-"`
}

// A Subject is what the statement is about: the name is the run's workflow id.
type Subject struct {
	Name   string `json:"name"`
	Digest Digest `json:"digest"`
}

// A Digest is a SHA-256 in hexadecimal digits. That of JSON is made of its canonical form: keys
// sorted, no blanks, numbers with the digits that they came with.
type Digest struct {
	SHA256 string `json:"sha256"`
}

// A Predicate is what is stated about a run.
type Predicate struct {
	Run     Run     `json:"run"`
	Outcome Outcome `json:"outcome"`
	Steps   []Step  `json:"steps"`
	Hooks   []Hook  `json:"hooks"`
	// Undone are the steps that a rollback has undone, the release's last one first.
	Undone []string `json:"undone,omitempty"`
}

// A Run says which run of which workflow it was.
type Run struct {
	Namespace  string     `json:"namespace"`
	Workflow   string     `json:"workflow"`
	WorkflowID string     `json:"workflow_id"`
	RunID      string     `json:"run_id"`
	StartedAt  latch.Time `json:"started_at"`
	ClosedAt   latch.Time `json:"closed_at"`
}

// An Outcome says how the run ended, and who decided it.
type Outcome struct {
	Status    string           `json:"status"`
	Error     string           `json:"error,omitempty"`
	Reason    string           `json:"reason,omitempty"`
	DecidedBy *latch.DecidedBy `json:"decided_by,omitempty"`
}

// A Step says what came of a step, and what people chose after it had failed.
type Step struct {
	Name     string             `json:"name"`
	Status   string             `json:"status"`
	Error    string             `json:"error,omitempty"`
	Attempts int                `json:"attempts,omitempty"`
	Choices  []latch.StepChoice `json:"choices,omitempty"`
}

// A Hook says what one webhook was asked at one event, what it answered, and what came of that.
type Hook struct {
	DeliveryID string `json:"delivery_id"`
	// Sequence counts the deliveries to the webhook in this run, without a gap: a number that is
	// missing is that of a record that the run dropped to stay within bounds.
	Sequence int    `json:"sequence,omitempty"`
	Webhook  string `json:"webhook"`
	Event    string `json:"event"`
	Step     string `json:"step,omitempty"`
	Enforced bool   `json:"enforced,omitempty"`
	// Request is absent if nothing was sent.
	Request  *latch.RecordRequest `json:"request,omitempty"`
	Attempts int                  `json:"attempts"`
	Answer   Answer               `json:"answer"`
	// Truncated reports that the run cut parts of the record to stay within bounds. The digests
	// of data and body are absent then.
	Truncated bool `json:"truncated,omitempty"`
	// HandedTo is the workflow id of the latch.Deliver that went on with the delivery after the
	// run had closed.
	HandedTo string `json:"handed_to,omitempty"`
	Result   string `json:"result"`
	// Rule is the expression or the policy that led to the decision, as in a record.
	Decision    string     `json:"decision,omitempty"`
	Rule        string     `json:"rule,omitempty"`
	WouldDecide string     `json:"would_decide,omitempty"`
	Error       string     `json:"error,omitempty"`
	StartedAt   latch.Time `json:"started_at,omitzero"`
	CompletedAt latch.Time `json:"completed_at,omitzero"`
	Lock        *Lock      `json:"lock,omitempty"`
	// Approvals are the votes that decided the lock.
	Approvals []latch.Vote `json:"approvals,omitempty"`
}

// An Answer is known by its digests: what it says may not be for everybody who sees the evidence.
type Answer struct {
	Status int `json:"status,omitempty"`
	// Data is the digest of the record's data, which people may have added to. Body is that of
	// the answer's body as it is in the record, where secrets are masked.
	Data Digest `json:"data,omitzero"`
	Body Digest `json:"body,omitzero"`
}

// A Lock says who removed it. It does not contain the token.
type Lock struct {
	RemovedAt latch.Time `json:"removed_at,omitzero"`
	RemovedBy string     `json:"removed_by,omitempty"`
	// IdentifiedBy says how that name is known, and Digest what the lock showed, both as in a
	// record.
	IdentifiedBy string `json:"identified_by,omitempty"`
	Digest       string `json:"digest,omitempty"`
	Via          string `json:"via,omitempty"`
	Reason       string `json:"reason,omitempty"`
	Result       string `json:"result,omitempty"`
	// Escalated says since when more people could vote, and Extensions how its deadline was moved.
	Escalated  *latch.Escalated  `json:"escalated,omitempty"`
	Extensions []latch.Extension `json:"extensions,omitempty"`
}

// hookOf returns what is stated about a record.
func hookOf(r *latch.Record) (Hook, error) {
	h := Hook{DeliveryID: r.DeliveryID, Sequence: r.Sequence, Webhook: r.Webhook, Event: r.Event, Step: r.Step, Enforced: r.Enforced,
		Request: r.Request, Attempts: r.Attempts, Truncated: r.Truncated, HandedTo: r.HandedTo, Result: r.Result,
		Decision: r.Decision, Rule: r.Rule, WouldDecide: r.WouldDecide, Error: r.Error,
		StartedAt: r.StartedAt, CompletedAt: r.CompletedAt, Approvals: r.Approvals}
	if r.Response != nil {
		h.Answer.Status = r.Response.Status
	}
	if !r.Truncated {
		if err := h.Answer.digest(r); err != nil {
			return Hook{}, err
		}
	}
	if lock := r.Lock; lock != nil {
		h.Lock = &Lock{RemovedAt: lock.RemovedAt, RemovedBy: lock.RemovedBy, IdentifiedBy: lock.IdentifiedBy, Digest: lock.Digest,
			Via: lock.Via, Reason: lock.Reason, Result: lock.Result, Escalated: lock.Escalated, Extensions: lock.Extensions}
	}
	return h, nil
}

// digest adds the digests of what the record has of the answer.
func (a *Answer) digest(r *latch.Record) (err error) {
	if r.Response != nil {
		sum := sha256.Sum256([]byte(r.Response.Body))
		a.Body = Digest{hex.EncodeToString(sum[:])}
	}
	a.Data, err = digestOf(r.Data)
	return err
}

// digestOf returns the digest of a JSON value in its canonical form.
func digestOf(value any) (Digest, error) {
	digest, err := rawjson.Digest(value)
	if err != nil {
		return Digest{}, err
	}
	return Digest{strings.TrimPrefix(digest, "sha256:")}, nil
}

func stepsOf(results []latch.StepResult) []Step {
	steps := make([]Step, len(results))
	for i, s := range results {
		steps[i] = Step{Name: s.Name, Status: s.Status, Error: s.Error, Attempts: s.Attempts, Choices: s.Choices}
	}
	return steps
}
