package analysis

import "github.com/latch-run/latch"

// A Phase is the state of an analysis.
type Phase string

// These are the phases. An analysis that is Running makes another measurement.
const (
	Running      Phase = ""
	Successful   Phase = "successful"
	Failed       Phase = "failed"
	Errored      Phase = "error"
	Inconclusive Phase = "inconclusive"
)

// A Tally counts the measurements of an analysis by their results.
type Tally struct {
	Successful   int `json:"successful"`
	Failed       int `json:"failed"`
	Inconclusive int `json:"inconclusive"`
	Errors       int `json:"errors"`
	// InRow counts the consecutive errors up to the last measurement.
	InRow int `json:"errors_in_row,omitempty"`
}

// Add counts a measurement.
func (t *Tally) Add(result string) {
	row := t.InRow + 1
	t.InRow = 0
	switch result {
	case latch.MeasuredSuccess:
		t.Successful++
	case latch.MeasuredFailure:
		t.Failed++
	case latch.MeasuredInconclusive:
		t.Inconclusive++
	default:
		t.Errors++
		t.InRow = row
	}
}

// Measured returns how many measurements count. Errors do not count.
func (t *Tally) Measured() int { return t.Successful + t.Failed + t.Inconclusive }

// Phase returns the state for the counts: exceeding a limit ends the analysis at once, and
// otherwise it has succeeded once all measurements are made.
func (t *Tally) Phase(a *latch.Analysis) Phase {
	switch {
	case t.Failed > a.FailureLimit:
		return Failed
	case t.Inconclusive > a.InconclusiveLimit:
		return Inconclusive
	case t.InRow > a.Errors():
		return Errored
	case t.Measured() >= latch.WithDefaults(*a).Count:
		return Successful
	default:
		return Running
	}
}

// Result returns the result of a measurement from its expressions. An expression that the
// analysis does not have is nil. A failure takes precedence over a success.
func Result(success, failure *bool) string {
	switch {
	case failure != nil && *failure:
		return latch.MeasuredFailure
	case success != nil && *success, success == nil && failure != nil:
		return latch.MeasuredSuccess
	case failure == nil && success != nil:
		return latch.MeasuredFailure
	default:
		return latch.MeasuredInconclusive
	}
}
