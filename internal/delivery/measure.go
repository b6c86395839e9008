package delivery

import (
	"context"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/analysis"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/expr"
)

// maximumMeasured bounds the texts of a measurement, in bytes.
const maximumMeasured = 200

// A Measured is one measurement with its exchange.
type Measured struct {
	latch.Measurement
	Request  *latch.RecordRequest
	Response *latch.RecordResponse
}

// Measure makes one measurement of an analysis. If the measurement fails, or the analysis's
// expressions cannot be evaluated over the answer, the result is an error measurement, and not
// an error of Measure. It records no secret, and nothing that redact hides.
func (s *Sender) Measure(ctx context.Context, a *latch.Analysis, redact *latch.Redaction, variables expr.Variables) Measured {
	now := s.clock(ctx)
	made := Measured{Measurement: latch.Measurement{At: latch.NewTime(now()), Result: latch.MeasuredError}}
	task := a.Request()
	c, err := s.prepareTask(&TaskRequest{Task: task, Variables: variables})
	if err != nil {
		made.Error = excerpt.First(err.Error(), maximumMeasured)
		return made
	}
	c.now, c.redaction = now, s.redactionOf(redact)
	method, shown, _ := strings.Cut(c.target, " ")
	made.Request = &latch.RecordRequest{Method: method, URL: shown, Bytes: len(c.request.body)}
	received, err := s.perform(ctx, c)
	if received == nil {
		made.Error = excerpt.First(err.Error(), maximumMeasured)
		return made
	}
	made.Response = c.redaction.of(received).record(c.masker)
	made.Value = excerpt.First(made.Response.Body, maximumMeasured)
	response := received.taskResponse(c.masker)
	if err := s.judge(c, received, response, err, task.Success, variables); err != nil {
		made.Error = excerpt.First(err.Error(), maximumMeasured)
		return made
	}
	success, err := received.says(a.Success, response, variables)
	failure, failed := received.says(a.Failure, response, variables)
	switch {
	case err != nil:
		made.Error = c.undecided("success", err)
	case failed != nil:
		made.Error = c.undecided("failure", failed)
	default:
		made.Result = analysis.Result(success, failure)
	}
	return made
}

// says evaluates an expression over an answer. It returns nil for no expression.
func (a *answer) says(source string, response *TaskResponse, variables expr.Variables) (*bool, error) {
	if source == "" {
		return nil, nil
	}
	said, err := a.succeedsBy(source, response, variables)
	return &said, err
}

// undecided reports that an expression could not be evaluated. It includes the reason unless
// that could quote redacted data.
func (c *call) undecided(name string, err error) string {
	if c.redaction != nil {
		return name + " could not be decided; why is not told of answers that are redacted"
	}
	return excerpt.First(c.masker.Text(cleanText(name+" could not be decided: "+err.Error())), maximumMeasured)
}

// A NotYetError reports that the request was delivered, and that its poll's until is not true
// for the answer.
type NotYetError struct{ message string }

// Error describes the value of until, without secrets.
func (e *NotYetError) Error() string { return e.message }

// untilTrue returns a [*NotYetError] unless until is true for the answer. If until cannot be
// evaluated, it counts as false, because the next answer may be final.
func (c *call) untilTrue(received *answer, poll *latch.Poll, response *TaskResponse, variables expr.Variables) error {
	if poll == nil {
		return nil
	}
	is, err := received.succeedsBy(poll.Until, response, variables)
	switch {
	case err != nil:
		return &NotYetError{c.tell(c.undecided("poll.until", err))}
	case !is:
		return &NotYetError{c.tell("poll.until is not true yet: " + poll.Until)}
	default:
		return nil
	}
}
