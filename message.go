package latch

import (
	"encoding/json"
	"regexp"
)

// A LockRelease is the argument of [MessageReleaseLock].
type LockRelease struct {
	Lock string `json:"lock"`
	// Result is "pass", "fail" or absent. If present, it is written to data.result.
	Result string `json:"result,omitempty"`
	// Vote is what the sender says about a lock: [VoteApprove], [VoteReject] or, for a lock with
	// approvals, [VoteWithdraw]. If it is absent, Result counts, and without both the vote approves.
	// [LockRelease.WithoutApprovals] says what it is to a lock without approvals.
	Vote string `json:"vote,omitempty"`
	Data Object `json:"data,omitempty"`
	By   string `json:"by,omitempty"`
	// Groups are the groups that the sender claims to be in. They count only where unproven votes
	// do; those of a caller of the API are in Voucher.
	Groups []string `json:"groups,omitempty"`
	Reason string   `json:"reason,omitempty"`
	// Digest is that of the lock that the sender has seen. A lock with another one is not removed.
	Digest string `json:"digest,omitempty"`
	// Voucher is the API's proof of who sent the message.
	Voucher string `json:"voucher,omitempty"`
}

// Choice returns the vote that the message asks for: by Vote, by the result that it asks for, or
// else approval.
func (m *LockRelease) Choice() string {
	switch {
	case m.Vote != "":
		return m.Vote
	case m.Asks() == ResultFail:
		return VoteReject
	default:
		return VoteApprove
	}
}

// A RecordUpdate is the argument of [MessageRecord]. It changes a record without removing its
// lock, until the event is decided.
type RecordUpdate struct {
	DeliveryID string `json:"delivery_id"`
	Result     string `json:"result,omitempty"`
	Data       Object `json:"data,omitempty"`
	By         string `json:"by,omitempty"`
}

// A Control is the argument of [MessageStop] and [MessageRollback].
type Control struct {
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// A Skip is the argument of [MessageSkip]. It excludes a hook from the decision, or makes a
// release continue without a failed step.
type Skip struct {
	// Lock names the hook, or Webhook with Event (and Step) does. Step alone names the failed
	// step.
	Lock    string `json:"lock,omitempty"`
	Webhook string `json:"webhook,omitempty" latch:"id"`
	Event   string `json:"event,omitempty"`
	Step    string `json:"step,omitempty"`
	By      string `json:"by,omitempty"`
	Reason  string `json:"reason"`
	// Voucher is the API's proof of who skips the hook.
	Voucher string `json:"voucher,omitempty"`
}

// OfStep reports whether a failed step is to be skipped.
func (m *Skip) OfStep() bool { return m.Lock == "" && m.Webhook == "" && m.Event == "" && m.Step != "" }

// Names reports whether the message is about the hook of the record.
func (m *Skip) Names(record Record) bool {
	if m.Lock != "" {
		return record.Lock != nil && record.Lock.Token == m.Lock
	}
	return m.Webhook != "" && record.Webhook == m.Webhook && record.Event == m.Event && (m.Step == "" || record.Step == m.Step)
}

// A StepRetry is the argument of [MessageRetry].
type StepRetry struct {
	// Step may be absent if only one failed step waits.
	Step   string `json:"step,omitempty"`
	By     string `json:"by,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// A HistoryQuery is the optional argument of [QueryHistory].
type HistoryQuery struct {
	Webhook string `json:"webhook,omitempty" latch:"id"`
	Event   string `json:"event,omitempty"`
	// Emission is the id of one event of a run that fires several.
	Emission string `json:"emission,omitempty"`
	// After is the delivery id of the record after which the answer begins.
	After string `json:"after,omitempty"`
	// Limit bounds the number of records; 0 means no limit.
	Limit int `json:"limit,omitempty"`
}

// Takes reports whether the query selects the record. It ignores After and Limit.
func (q *HistoryQuery) Takes(record *Record) bool {
	return (q.Webhook == "" || record.Webhook == q.Webhook) && (q.Event == "" || record.Event == q.Event) &&
		(q.Emission == "" || record.Emission == q.Emission)
}

// maximumReason bounds the texts of a message, in bytes.
const maximumReason = 4096

// Decode strictly decodes the argument. Its error is [Problems].
func (m *LockRelease) Decode(data []byte) error {
	problems := decodeStrict(data, m)
	var more Problems
	requireText(&more, "lock", m.Lock)
	oneOf(&more, "result", m.Result, ResultPass, ResultFail)
	m.validateVote(&more)
	boundText(&more, "by", m.By)
	boundText(&more, "reason", m.Reason)
	return problems.Merge(more).Err()
}

var digestPattern = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

func quoted(text string) json.RawMessage {
	encoded, _ := json.Marshal(text) // a string can always be encoded
	return encoded
}

// maximumVoucher bounds a voucher, in bytes.
const maximumVoucher = 16 << 10

func (m *LockRelease) validateVote(problems *Problems) {
	if oneOf(problems, "vote", m.Vote, VoteApprove, VoteReject, VoteWithdraw) {
		asks := m.said()
		if other := map[string]string{VoteApprove: ResultFail, VoteReject: ResultPass}[m.Vote]; other != "" && asks == other {
			problems.Addf("vote", "%s, and the result %s, which says the opposite; leave out one of them", m.Vote, asks)
		}
		if m.Vote == VoteWithdraw && asks != "" {
			problems.Addf("vote", "withdraw, and the result %s: a vote that is taken back has none", asks)
		}
	}
	validateNames(problems, "groups", m.Groups, maximumApprovers)
	if m.Digest != "" && !digestPattern.MatchString(m.Digest) {
		problems.Addf("digest", "%s is not a lock's digest, which is sha256: and 64 hexadecimal digits", abbreviate(quoted(m.Digest)))
	}
	boundVoucher(problems, m.Voucher)
}

func boundVoucher(problems *Problems, voucher string) {
	if len(voucher) > maximumVoucher {
		problems.Addf("voucher", "has %d bytes; the limit is %d", len(voucher), maximumVoucher)
	}
}

// Decode strictly decodes the argument. Its error is [Problems].
func (m *RecordUpdate) Decode(data []byte) error {
	problems := decodeStrict(data, m)
	var more Problems
	requireText(&more, "delivery_id", m.DeliveryID)
	oneOf(&more, "result", m.Result, ResultPass, ResultFail)
	boundText(&more, "by", m.By)
	return problems.Merge(more).Err()
}

// Decode strictly decodes the argument. An absent one is empty. Its error is [Problems].
func (m *Control) Decode(data []byte) error {
	if isAbsent(data) {
		return nil
	}
	problems := decodeStrict(data, m)
	var more Problems
	boundText(&more, "by", m.By)
	boundText(&more, "reason", m.Reason)
	return problems.Merge(more).Err()
}

// Decode strictly decodes the argument. Its error is [Problems].
func (m *Skip) Decode(data []byte) error {
	problems := decodeStrict(data, m)
	var more Problems
	switch {
	case m.OfStep():
	case m.Lock == "" && (m.Webhook == "" || m.Event == ""):
		more.Addf("lock", "required: the lock, or webhook and event, of the hook to skip; or step alone, for a failed step")
	case m.Lock != "" && (m.Webhook != "" || m.Event != "" || m.Step != ""):
		more.Addf("lock", "give either the lock, or webhook and event, not both")
	}
	eventAskedFor(&more, m.Event)
	requireText(&more, "reason", m.Reason)
	boundText(&more, "by", m.By)
	boundText(&more, "reason", m.Reason)
	boundVoucher(&more, m.Voucher)
	return problems.Merge(more).Err()
}

// Decode strictly decodes the argument. An absent one is empty. Its error is [Problems].
func (m *StepRetry) Decode(data []byte) error {
	if isAbsent(data) {
		return nil
	}
	problems := decodeStrict(data, m)
	var more Problems
	boundText(&more, "step", m.Step)
	boundText(&more, "by", m.By)
	boundText(&more, "reason", m.Reason)
	return problems.Merge(more).Err()
}

// eventAskedFor adds a problem if an event is named that cannot exist.
func eventAskedFor(problems *Problems, event string) {
	if problem := checkEventName(event); event != "" && problem != "" {
		problems.Addf("event", "%s", problem)
	}
}

// Decode strictly decodes the argument. An absent one selects all records. Its error is
// [Problems].
func (q *HistoryQuery) Decode(data []byte) error {
	if isAbsent(data) {
		return nil
	}
	problems := decodeStrict(data, q)
	var more Problems
	eventAskedFor(&more, q.Event)
	if q.Limit < 0 {
		more.Addf("limit", "must be 0 (no limit) or more, not %d", q.Limit)
	}
	return problems.Merge(more).Err()
}

func isAbsent(data []byte) bool {
	return len(data) == 0 || string(json.RawMessage(data)) == "null"
}

func boundText(problems *Problems, path, text string) {
	if len(text) > maximumReason {
		problems.Addf(path, "has %d bytes; the limit is %d", len(text), maximumReason)
	}
}
