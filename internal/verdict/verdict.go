package verdict

import (
	"fmt"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
)

// A Question is what is asked about a hook's record.
type Question struct {
	// Result is the hook's own expression for the result, if any.
	Result string `json:"result,omitempty"`
	// Decides reports that the hook decides about a release; then its own
	// expressions or the defaults are asked.
	Decides         bool   `json:"decides,omitempty"`
	StopRelease     string `json:"stop_release,omitempty"`
	RollbackRelease string `json:"rollback_release,omitempty"`
	// Strict has the defaults hold whatever the result is, as at [Admits].
	Strict bool `json:"strict,omitempty"`
}

// ForEvent returns the question of an event's settings.
func ForEvent(settings latch.Event, scope Scope) Question {
	return Question{Result: settings.Result, Decides: scope.Asks(), Strict: scope == Admits,
		StopRelease: settings.StopRelease, RollbackRelease: settings.RollbackRelease}
}

// Sources returns the expressions that the question will evaluate.
func (q Question) Sources() []string {
	sources := []string{q.Result}
	if q.Decides {
		sources = append(sources, q.StopRelease, q.RollbackRelease)
	}
	return sources
}

// IsDefault reports whether no expression of the hook's own is asked.
func (q Question) IsDefault() bool {
	return q.Result == "" && q.StopRelease == "" && q.RollbackRelease == ""
}

// An Answer is what an expression cannot see of an endpoint's answer in the
// record's data. The zero value is an answer that is a JSON object, and none
// at all.
type Answer struct {
	// Unreadable says why the answer cannot be read, and where: "the answer is
	// not valid JSON: …".
	Unreadable string `json:"unreadable,omitempty"`
	// NoObject says what the answer is instead of a JSON object: "is empty".
	NoObject string `json:"no_object,omitempty"`
}

// AboutAnswer begins every error that is about the endpoint's answer itself.
const AboutAnswer = "the answer "

// A Verdict is the answer.
type Verdict struct {
	// Result is "pass" or "fail".
	Result string `json:"result"`
	// Decision is continue, stop or rollback; empty where the question decides
	// nothing or on_error decides.
	Decision string `json:"decision,omitempty"`
	// Rule is the expression that a stop or a rollback rests on, with its key.
	Rule string `json:"rule,omitempty"`
	// Error says why nothing could be decided: an answer that cannot be read or
	// understood, or an expression that failed. Then on_error decides.
	Error string `json:"error,omitempty"`
}

// ByData answers a question that has no expressions and decides nothing: the
// result is what data says, else what the delivery left. It evaluates nothing,
// so that workflow code may call it.
func ByData(record latch.Record, answer Answer) Verdict {
	if answer.Unreadable != "" {
		return Verdict{Result: latch.ResultFail, Error: answer.Unreadable}
	}
	said, err := record.Data.Result()
	switch {
	case err != nil:
		return Verdict{Result: latch.ResultFail, Error: unclear(err).Error()}
	case said == latch.ResultFail:
		return Verdict{Result: said}
	default:
		return Verdict{Result: record.Result}
	}
}

// Ask evaluates the question over the record, whose Result is "fail" where the
// delivery failed and else "pass"; what data says comes over it. Variables are
// those of templates; Ask adds `history`. What could not be decided is told in
// the verdict, not as an error.
func Ask(question Question, record latch.Record, answer Answer, variables expr.Variables) Verdict {
	if question.IsDefault() && !question.Decides || answer.Unreadable != "" {
		return ByData(record, answer)
	}
	asked, err := question.compile()
	if err != nil {
		return Verdict{Result: latch.ResultFail, Error: err.Error()}
	}
	if reader := asked.readerOfData(); reader != nil && answer.NoObject != "" {
		return Verdict{Result: latch.ResultFail, Error: fmt.Sprintf(AboutAnswer+"%s, and %s reads history.data, which takes a JSON object", answer.NoObject, reader.name)}
	}
	if record.Result, err = asked.result(record, variables); err != nil {
		return Verdict{Result: latch.ResultFail, Error: err.Error()}
	}
	if !question.Decides {
		return Verdict{Result: record.Result}
	}
	for _, rule := range asked.rules {
		applies, err := rule.applies(record, variables)
		switch {
		case err != nil && rule.own == nil:
			return Verdict{Result: latch.ResultFail, Error: err.Error()}
		case err != nil:
			return Verdict{Result: record.Result, Error: err.Error()}
		case applies:
			return Verdict{Result: record.Result, Decision: rule.decision, Rule: rule.name + ": " + rule.source()}
		}
	}
	return Verdict{Result: record.Result, Decision: latch.Continue}
}
