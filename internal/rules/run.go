package rules

import (
	"fmt"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/verdict"
)

// A Hook is a webhook at the event of a test.
type Hook struct {
	Settings latch.Event
	Scope    verdict.Scope
	// Variables are those of templates.
	Variables expr.Variables
}

// A Finding is the outcome of a hook.
type Finding struct {
	Result   string `json:"result"`
	Decision string `json:"decision"`
	// WouldDecide is the decision that a hook with enforce false only records.
	WouldDecide string `json:"would_decide,omitempty"`
	Rule        string `json:"rule,omitempty"`
	Error       string `json:"error,omitempty"`
}

// Run decides like a run. It returns an error for an impossible test: an outcome that such a
// hook cannot have.
func (h Hook) Run(test Test) (Finding, error) {
	finding, err := h.decide(test)
	if err == nil && !h.Settings.IsActedOn() && finding.Decision != None && finding.Decision != Waits {
		finding.WouldDecide, finding.Decision = finding.Decision, None
	}
	return finding, err
}

func (h Hook) decide(test Test) (Finding, error) {
	if h.Settings.When != "" {
		if finding, ends := h.leftOut(); ends {
			return finding, nil
		}
	}
	standing, err := h.standing(test.Outcome)
	if err != nil {
		return Finding{}, err
	}
	answered := h.ask(test, standing)
	standing.AnswersFail = h.Scope == verdict.Begins && standing.Delivery == verdict.Delivered && answered.Error == "" && answered.Result == latch.ResultFail
	switch standing.Basis() {
	case verdict.OnRecord:
		return h.finding(answered, standing, test.record), nil
	case verdict.OnError:
		return Finding{Result: latch.ResultFail, Decision: h.taken(latch.WithDefaults(h.Settings).OnError), Error: test.record.Error}, nil
	case verdict.OnTimeout:
		return Finding{Result: answered.Result, Decision: h.taken(latch.WithDefaults(h.Settings).OnTimeout)}, nil
	default:
		return Finding{Result: latch.ResultPending, Decision: Waits}, nil
	}
}

// leftOut evaluates `when` and returns the outcome of a hook that it excludes, or that fails
// because of it.
func (h Hook) leftOut() (Finding, bool) {
	expression, err := expr.Compile(h.Settings.When, expr.When)
	applies := false
	if err == nil {
		applies, err = expression.Bool(h.Variables)
	}
	switch {
	case err != nil:
		return Finding{Result: latch.ResultFail, Decision: h.taken(latch.WithDefaults(h.Settings).OnError), Error: "when: " + err.Error()}, true
	case !applies:
		return Finding{Result: latch.ResultSkipped, Decision: None, Error: "when is false: " + h.Settings.When}, true
	default:
		return Finding{}, false
	}
}

// standing returns what the hook's decision depends on.
func (h Hook) standing(outcome string) (verdict.Standing, error) {
	blocking := h.Settings.Blocking
	standing := verdict.Standing{Blocking: blocking, Delivery: verdict.Delivered}
	if outcome == "" {
		outcome = OutcomeDelivered
		if blocking {
			outcome = OutcomeLockRemoved
		}
	}
	switch outcome {
	case OutcomeDelivered:
	case OutcomeUnreadable:
		standing.Unreadable = true
	case OutcomeFailed:
		standing.Delivery = verdict.Undeliverable
	case OutcomeUnanswered:
		standing.Delivery, standing.AnswerExpired = verdict.UnderWay, !blocking
	case OutcomeLockRemoved:
		standing.LockRemoved = true
	case OutcomeLockExpired:
		standing.LockExpired = true
	}
	if !blocking && strings.HasPrefix(outcome, "lock_") {
		return standing, fmt.Errorf("outcome: %s is of a hook that blocks, and this one does not", outcome)
	}
	return standing, nil
}

// ask evaluates the hook's expressions over the record.
func (h Hook) ask(test Test, standing verdict.Standing) verdict.Verdict {
	record := test.record
	record.Event, record.Result = test.Event, latch.ResultPass
	var answer verdict.Answer
	switch {
	case standing.Unreadable:
		answer.Unreadable = verdict.AboutAnswer + "cannot be read"
		if test.record.Error != "" {
			answer.Unreadable = test.record.Error
		}
	case record.Data == nil && !standing.LockRemoved:
		answer.NoObject = "is empty"
	}
	if record.Data == nil {
		record.Data = latch.Object{}
	}
	return verdict.Ask(verdict.ForEvent(h.Settings, h.Scope), record, answer, h.Variables)
}

func (h Hook) finding(answered verdict.Verdict, standing verdict.Standing, record latch.Record) Finding {
	decision, rule := answered.Decide(h.Settings, h.Scope), answered.Rule
	if said, _ := record.Data.Result(); h.Settings.HasApprovals() && standing.LockRemoved && said == latch.ResultFail {
		decision, rule = verdict.Rejected(decision, rule)
	}
	return Finding{Result: answered.Result, Decision: h.taken(decision), Rule: rule, Error: answered.Error}
}

// taken returns the decision, if the event has one.
func (h Hook) taken(decision string) string {
	if h.Scope == verdict.Tells && !h.Settings.Blocking {
		return None
	}
	return decision
}

// A Difference is one difference from the expectation.
type Difference struct {
	Key      string `json:"key"`
	Expected string `json:"expected"`
	Got      string `json:"got"`
}

// Differences compares a finding with the expectation.
func (e Expectation) Differences(got Finding) []Difference {
	differences := []Difference{}
	compare := func(key, expected, got string, equal bool) {
		if expected != "" && !equal {
			differences = append(differences, Difference{key, expected, got})
		}
	}
	compare("result", e.Result, got.Result, e.Result == got.Result)
	compare("decision", e.Decision, got.Decision, e.Decision == got.Decision)
	compare("would_decide", e.WouldDecide, got.WouldDecide, e.WouldDecide == got.WouldDecide)
	compare("error", e.Error, got.Error, strings.Contains(got.Error, e.Error))
	compare("rule", e.Rule, got.Rule, strings.Contains(got.Rule, e.Rule))
	return differences
}
