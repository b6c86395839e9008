package verdict

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
)

// A Question is what is asked about a hook's record.
type Question struct {
	// Result is the hook's own expression for the result, if any.
	Result string `json:"result,omitempty"`
	// Decides tells that the hook decides about a release; then its own
	// expressions or the defaults are asked.
	Decides         bool   `json:"decides,omitempty"`
	StopRelease     string `json:"stop_release,omitempty"`
	RollbackRelease string `json:"rollback_release,omitempty"`
}

// ForEvent gives the question of an event's settings.
func ForEvent(settings latch.Event, decides bool) Question {
	return Question{Result: settings.Result, Decides: decides,
		StopRelease: settings.StopRelease, RollbackRelease: settings.RollbackRelease}
}

// Sources gives the expressions that the question will evaluate.
func (q Question) Sources() []string {
	sources := []string{q.Result}
	if q.Decides {
		sources = append(sources, q.StopRelease, q.RollbackRelease)
	}
	return sources
}

// IsDefault tells that no expression of the hook's own is asked.
func (q Question) IsDefault() bool {
	return q.Result == "" && q.StopRelease == "" && q.RollbackRelease == ""
}

// A Verdict is the answer.
type Verdict struct {
	// Result is "pass" or "fail".
	Result string `json:"result"`
	// Decision is continue, stop or rollback; empty where the question decides
	// nothing or an expression failed.
	Decision string `json:"decision,omitempty"`
	// Rule is the expression that a stop or a rollback rests on, with its key.
	Rule string `json:"rule,omitempty"`
	// Error tells which expression failed, and how: then on_error decides.
	Error string `json:"error,omitempty"`
}

// Ask evaluates the question over the record, whose Result is set already as
// far as data and delivery go. Variables are those of templates; Ask adds
// `history`. A failed expression is told in the verdict, not as an error.
func Ask(question Question, record latch.Record, variables expr.Variables) Verdict {
	verdict := Verdict{Result: record.Result}
	if question.Result != "" {
		result, err := text(question.Result, record, variables)
		if err != nil {
			return Verdict{Result: latch.ResultFail, Error: fmt.Sprintf("result: %v", err)}
		}
		verdict.Result, record.Result = result, result
	}
	if !question.Decides {
		return verdict
	}
	for _, rule := range []struct {
		name, own, otherwise, decision string
		use                            expr.Use
	}{
		{"rollback_release", question.RollbackRelease, expr.DefaultRollbackRelease, latch.Rollback, expr.RollbackRelease},
		{"stop_release", question.StopRelease, expr.DefaultStopRelease, latch.Stop, expr.StopRelease},
	} {
		source := rule.own
		if source == "" {
			source = rule.otherwise
		}
		applies, err := truth(source, rule.use, record, variables)
		if err != nil {
			return Verdict{Result: verdict.Result, Error: fmt.Sprintf("%s: %v", rule.name, err)}
		}
		if applies {
			verdict.Decision, verdict.Rule = rule.decision, rule.name+": "+source
			return verdict
		}
	}
	verdict.Decision = latch.Continue
	return verdict
}

func text(source string, record latch.Record, variables expr.Variables) (string, error) {
	expression, err := expr.Compile(source, expr.Result)
	if err != nil {
		return "", err
	}
	with, err := withHistory(record, variables)
	if err != nil {
		return "", err
	}
	return expression.Text(with)
}

func truth(source string, use expr.Use, record latch.Record, variables expr.Variables) (bool, error) {
	expression, err := expr.Compile(source, use)
	if err != nil {
		return false, err
	}
	with, err := withHistory(record, variables)
	if err != nil {
		return false, err
	}
	return expression.Bool(with)
}

func withHistory(record latch.Record, variables expr.Variables) (expr.Variables, error) {
	encoded, err := json.Marshal(record)
	if err != nil {
		return nil, fmt.Errorf("record of %s: %w", record.DeliveryID, err)
	}
	with := maps.Clone(variables)
	if with == nil {
		with = expr.Variables{}
	}
	with["history"] = encoded
	return with, nil
}
