package rules

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/typo"
)

// A Suite is a file of tests for the rules of one file's webhooks.
type Suite struct {
	// File has the job, release, emission or webhook. A relative path is relative to the
	// suite's own.
	File  string `json:"file"`
	Tests []Test `json:"tests"`
}

// A Test is the situation of a hook, with the expected outcome.
type Test struct {
	Name  string `json:"name"`
	Event string `json:"event"`
	// Webhook is required if several listen to the event.
	Webhook string `json:"webhook,omitempty"`
	// Gate says that workflows.Gate fires the custom event, so that its hooks may stop and roll
	// back.
	Gate bool `json:"gate,omitempty"`
	// Outcome is one of [Outcomes]. The default is lock_removed for a hook that blocks, and
	// delivered for any other.
	Outcome string `json:"outcome,omitempty"`
	// Record is what the run recorded: in the output format of starter history, or with only
	// the keys that the rules read. Without data the endpoint's answer was empty.
	Record json.RawMessage `json:"record,omitempty"`
	// Variables override the made-up ones.
	Variables latch.Object `json:"variables,omitempty"`
	Expect    Expectation  `json:"expect"`

	record latch.Record
}

// These are the outcomes of a hook before its decision.
const (
	OutcomeDelivered   = "delivered"
	OutcomeUnreadable  = "unreadable"
	OutcomeFailed      = "failed"
	OutcomeUnanswered  = "unanswered"
	OutcomeLockRemoved = "lock_removed"
	OutcomeLockExpired = "lock_expired"
)

// Outcomes lists all outcomes, for messages.
var Outcomes = []string{OutcomeDelivered, OutcomeUnreadable, OutcomeFailed, OutcomeUnanswered, OutcomeLockRemoved, OutcomeLockExpired}

// These are decisions that an event does not have: the hook waits for its lock, or takes no
// part.
const (
	Waits = "waits"
	None  = "none"
)

// An Expectation is the expected result of a hook. Absent fields are not compared.
type Expectation struct {
	// Result is pass, fail, skipped or pending.
	Result string `json:"result,omitempty"`
	// Decision is continue, stop or rollback, waits, or none.
	Decision string `json:"decision,omitempty"`
	// WouldDecide is what a hook with enforce false records instead: continue, stop or rollback.
	WouldDecide string `json:"would_decide,omitempty"`
	// Error is a part of the record's error. Rule is a part of the rule that was true.
	Error string `json:"error,omitempty"`
	Rule  string `json:"rule,omitempty"`
}

var (
	results   = []string{latch.ResultPass, latch.ResultFail, latch.ResultSkipped, latch.ResultPending}
	decisions = []string{latch.Continue, latch.Stop, latch.Rollback, Waits, None}
)

// Decode decodes a suite from JSON and returns all its problems.
func Decode(data []byte) (*Suite, error) {
	var suite Suite
	problems := latch.DecodeStrict(data, &suite)
	var missing latch.Problems
	if suite.File == "" {
		missing.Addf("file", "required: the file of the job, release, emission or webhook whose rules are tested")
	}
	if len(suite.Tests) == 0 {
		missing.Addf("tests", "required: at least one test")
	}
	for i := range suite.Tests {
		suite.Tests[i].check(&missing, fmt.Sprintf("tests[%d]", i))
	}
	return &suite, problems.Merge(missing).Err()
}

func (t *Test) check(problems *latch.Problems, path string) {
	if t.Name == "" {
		problems.Addf(path+".name", "required")
	}
	if t.Event == "" {
		problems.Addf(path+".event", "required")
	}
	for _, closed := range []struct {
		key, value string
		known      []string
	}{
		{"outcome", t.Outcome, Outcomes}, {"expect.result", t.Expect.Result, results}, {"expect.decision", t.Expect.Decision, decisions},
		{"expect.would_decide", t.Expect.WouldDecide, decisions[:3]},
	} {
		if closed.value != "" && !slices.Contains(closed.known, closed.value) {
			problems.Addf(path+"."+closed.key, "is one of %s, not %q%s", strings.Join(closed.known, ", "), closed.value, typo.Hint(closed.value, closed.known))
		}
	}
	if len(t.Record) > 0 {
		decoder := json.NewDecoder(bytes.NewReader(t.Record))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&t.record); err != nil {
			problems.Addf(path+".record", "is not a record: %s", strings.TrimPrefix(err.Error(), "json: "))
		}
	}
	if t.Expect == (Expectation{}) {
		problems.Addf(path+".expect", "required: at least one of result, decision, would_decide, error and rule")
	}
}
