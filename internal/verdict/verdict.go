package verdict

import (
	"fmt"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
)

// A Question holds the expressions to evaluate on a hook's record.
type Question struct {
	// Result is the hook's own expression for the result, if any.
	Result string `json:"result,omitempty"`
	// Decides is true if the hook decides about a release, by its own
	// expressions or the defaults.
	Decides         bool   `json:"decides,omitempty"`
	StopRelease     string `json:"stop_release,omitempty"`
	RollbackRelease string `json:"rollback_release,omitempty"`
	// Strict makes the defaults apply whatever the result is, as at [Admits].
	Strict bool `json:"strict,omitempty"`
}

// ForEvent returns the question for an event's settings.
func ForEvent(settings latch.Event, scope Scope) Question {
	return Question{Result: settings.Result, Decides: scope.Asks(), Strict: scope == Admits,
		StopRelease: settings.StopRelease, RollbackRelease: settings.RollbackRelease}
}

// Sources returns the expressions that the question evaluates.
func (q Question) Sources() []string {
	sources := []string{q.Result}
	if q.Decides {
		sources = append(sources, q.StopRelease, q.RollbackRelease)
	}
	return sources
}

// IsDefault reports whether the hook has no expressions of its own.
func (q Question) IsDefault() bool {
	return q.Result == "" && q.StopRelease == "" && q.RollbackRelease == ""
}

// An Answer is what expressions cannot see of an endpoint's response in the
// record's data. It is zero for a JSON object, and if there is no response.
type Answer struct {
	// Unreadable says why the response cannot be read, and where: "the answer
	// is not valid JSON: …".
	Unreadable string `json:"unreadable,omitempty"`
	// NoObject says what the response is in place of a JSON object: "is empty".
	NoObject string `json:"no_object,omitempty"`
}

// AboutAnswer begins every error about the endpoint's response itself.
const AboutAnswer = "the answer "

// A Verdict is the result of a question.
type Verdict struct {
	// Result is "pass" or "fail".
	Result string `json:"result"`
	// Decision is continue, stop or rollback; empty if the question decides
	// nothing, or if on_error decides.
	Decision string `json:"decision,omitempty"`
	// Rule is the key and expression that a stop or a rollback rests on.
	Rule string `json:"rule,omitempty"`
	// Error says why nothing could be decided: a response that cannot be read
	// or understood, or an expression that failed. on_error then decides.
	Error string `json:"error,omitempty"`
}

// ByData answers a question without expressions that decides nothing: the
// result is the one in data, or else as the delivery left it. It evaluates
// nothing, so workflow code may call it.
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

// ByDefaults is [Ask] for a question without expressions. It evaluates nothing, so workflow code
// may call it.
func ByDefaults(question Question, record latch.Record, answer Answer) Verdict {
	verdict := ByData(record, answer)
	if !question.Decides || verdict.Error != "" {
		return verdict
	}
	record.Result = verdict.Result
	for _, rule := range question.rules() {
		applies, err := rule.appliesByData(record)
		switch {
		case err != nil:
			return Verdict{Result: latch.ResultFail, Error: err.Error()}
		case applies:
			return rule.decided(record.Result)
		}
	}
	return Verdict{Result: record.Result, Decision: latch.Continue}
}

// Ask evaluates the question on the record. The record's Result must be "fail"
// if the delivery failed, else "pass"; a result in data overrides it. variables
// are those of templates; Ask adds `history`. If nothing can be decided, the
// verdict says so in Error.
func Ask(question Question, record latch.Record, answer Answer, variables expr.Variables) Verdict {
	if question.IsDefault() || answer.Unreadable != "" {
		return ByDefaults(question, record, answer)
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
			return rule.decided(record.Result)
		}
	}
	return Verdict{Result: record.Result, Decision: latch.Continue}
}
