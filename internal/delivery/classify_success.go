package delivery

import (
	"encoding/json"
	"fmt"
	"maps"

	"github.com/latch-run/latch/internal/expr"
)

// judge classifies an answer by its status and by success, an expression over response. broken
// is the error that interrupted the answer, if any.
func (s *Sender) judge(c *call, received *answer, response *TaskResponse, broken error, success string, variables expr.Variables) error {
	verdict := received.verdict(c, c.now())
	again, said := c.retry.Again(received.status)
	switch {
	case broken != nil && said && !again:
		return verdict
	case broken != nil && (received.succeeded() || success != ""):
		if Retryable(verdict) {
			return verdict
		}
		return broken
	case success == "" || received.succeeded() && verdict != nil && !again:
		return verdict
	}
	succeeded, err := received.succeedsBy(success, response, variables)
	switch {
	case err == nil && succeeded:
		return nil
	case Retryable(verdict) || isGone(verdict):
		return verdict
	case err != nil && c.redaction != nil: // the error's text may quote the answer
		return permanentf("%s", c.tell(received.statusText()+", and its success could not be decided; why is not told of answers that are redacted"))
	case err != nil:
		return permanentf("%s", c.tell(fmt.Sprintf("%s, and its success could not be decided: %v", received.statusText(), err)))
	default:
		return permanentf("%s", c.tell(fmt.Sprintf("%s%s, for which its success, %q, is false", received.statusText(), received.leads(c), success)))
	}
}

// succeedsBy evaluates a success expression over an answer. A missing field never counts as a
// success: if the expression cannot be decided, the error says what is missing.
func (a *answer) succeedsBy(source string, response *TaskResponse, variables expr.Variables) (bool, error) {
	success, err := expr.Compile(source, expr.Success)
	if err != nil {
		return false, err
	}
	fields := map[string]any{"status": response.Status, "headers": response.Headers, "body": response.Body, "data": response.Data}
	var lacks error
	lacking := a.lacking()
	for _, field := range []string{"body", "data"} {
		why, isLacking := lacking[field]
		if !isLacking {
			continue
		}
		reading := success.Reads("response", field)
		missing := fmt.Errorf("it reads response.%s, and %s", field, why.text)
		switch {
		case reading == expr.NotRead, reading == expr.Compared && !why.fault:
		case reading == expr.Selected:
			delete(fields, field) // so that expressions that read it fail
			lacks = missing
		default:
			return false, missing
		}
	}
	variables = maps.Clone(variables)
	if variables == nil {
		variables = expr.Variables{}
	}
	if variables["response"], err = json.Marshal(fields); err != nil {
		return false, err
	}
	succeeded, err := success.Bool(variables)
	if err != nil && lacks != nil {
		err = lacks
	}
	return succeeded, err
}

// A lack says why an answer lacks a field that an expression may read. fault reports that the
// reason is an error in the answer.
type lack struct {
	text  string
	fault bool
}

// lacking returns the fields of `response` that an answer cannot fill, each with the reason.
func (a *answer) lacking() map[string]lack {
	known := a.read()
	lacks := map[string]lack{}
	if known.isJSON() {
		return lacks
	}
	lacks["data"] = lack{"the answer " + a.shape(), false}
	if known.fault != "" {
		lacks["data"] = lack{known.fault, true}
	}
	if a.uncoded != "" {
		lacks["body"] = lacks["data"]
	}
	if a.uncharted != "" {
		lacks["body"] = lack{"the answer cannot be read: " + a.uncharted, true}
		lacks["data"] = lacks["body"]
	}
	return lacks
}
