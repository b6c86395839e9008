package verdict

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
)

// asked is a question with compiled expressions.
type asked struct {
	// outcome is the hook's own expression for the result; nil if it has none.
	outcome *rule
	// rules decide about a release, in the order of evaluation; empty if the
	// question decides nothing.
	rules []rule
}

// A rule is a key of a hook that decides.
type rule struct {
	// name is the key, both in the hook's settings and in data.
	name string
	// own is the hook's own expression; nil if only the key in data decides.
	own *expr.Expression
	// decision is the decision if the rule applies.
	decision string
	use      expr.Use
	// strict is true if the key in data decides whatever the result is.
	strict bool
}

// compile compiles the expressions. The error names the expression that does
// not compile, which another version must have admitted.
func (q Question) compile() (*asked, error) {
	var made asked
	if q.Result != "" {
		made.outcome = &rule{name: latch.KeyResult, use: expr.Result}
		if err := made.outcome.compile(q.Result); err != nil {
			return nil, err
		}
	}
	if !q.Decides {
		return &made, nil
	}
	made.rules = q.rules()
	for i, source := range []string{q.RollbackRelease, q.StopRelease} {
		if source == "" {
			continue
		}
		if err := made.rules[i].compile(source); err != nil {
			return nil, err
		}
	}
	return &made, nil
}

// rules returns the rules of a question that decides, without the hook's own expressions.
func (q Question) rules() []rule {
	return []rule{
		{name: latch.KeyRollbackRelease, decision: latch.Rollback, use: expr.RollbackRelease, strict: q.Strict},
		{name: latch.KeyStopRelease, decision: latch.Stop, use: expr.StopRelease, strict: q.Strict},
	}
}

func (r *rule) compile(source string) (err error) {
	if r.own, err = expr.Compile(source, r.use); err != nil {
		return fmt.Errorf("%s: %w", r.name, err)
	}
	return nil
}

// decided returns the verdict of a rule that applies.
func (r *rule) decided(result string) Verdict {
	return Verdict{Result: result, Decision: r.decision, Rule: r.name + ": " + r.source()}
}

// source returns the rule's expression as a verdict shows it.
func (r *rule) source() string {
	switch {
	case r.own != nil:
		return r.own.Source()
	case r.strict:
		return fmt.Sprintf("history.data[?'%s'].orValue(false) == true", r.name)
	default:
		return r.use.Default()
	}
}

// readerOfData returns the hook's first expression that reads history.data, or
// nil.
func (a *asked) readerOfData() *rule {
	if a.outcome != nil && a.outcome.own.Reads("history", "data") != expr.NotRead {
		return a.outcome
	}
	for i := range a.rules {
		if own := a.rules[i].own; own != nil && own.Reads("history", "data") != expr.NotRead {
			return &a.rules[i]
		}
	}
	return nil
}

// result returns "pass" or "fail": by the hook's own expression, else from
// data, else as the delivery left it. If an own expression does not read the
// result in data, it may give that key another meaning.
func (a *asked) result(record latch.Record, variables expr.Variables) (string, error) {
	said, err := record.Data.Result()
	if said == latch.ResultFail {
		record.Result = said
	}
	if a.outcome == nil {
		return record.Result, unclear(err)
	}
	if err != nil && a.outcome.own.Reads("history", latch.KeyResult) != expr.NotRead {
		return "", unclear(err)
	}
	with, err := withHistory(record, variables)
	if err == nil {
		record.Result, err = a.outcome.own.Text(with)
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w", latch.KeyResult, err)
	}
	return record.Result, nil
}

// applies reports whether the rule applies. Without an expression of its own,
// it is the one that source returns, with the keys in data interpreted as in the
// contract.
func (r *rule) applies(record latch.Record, variables expr.Variables) (bool, error) {
	if r.own == nil {
		return r.appliesByData(record)
	}
	with, err := withHistory(record, variables)
	if err != nil {
		return false, fmt.Errorf("%s: %w", r.name, err)
	}
	applies, err := r.own.Bool(with)
	if err != nil {
		return false, fmt.Errorf("%s: %w", r.name, err)
	}
	return applies, nil
}

// appliesByData reports whether a rule without an expression of its own applies.
func (r *rule) appliesByData(record latch.Record) (bool, error) {
	said, err := record.Data.Truth(r.name)
	return said && (r.strict || record.Result == latch.ResultFail), unclear(err)
}

// unclear says that a key that decides was not understood.
func unclear(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf(AboutAnswer+"is not understood: %w", err)
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
