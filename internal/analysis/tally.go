package analysis

import "github.com/latch-run/latch"

// A Phase is what an analysis has come to.
type Phase string

// The phases. An analysis that is Running measures again.
const (
	Running      Phase = ""
	Successful   Phase = "successful"
	Failed       Phase = "failed"
	Errored      Phase = "error"
	Inconclusive Phase = "inconclusive"
)

// A Tally counts the measurements of an analysis by how they ended.
type Tally struct {
	Successful   int `json:"successful"`
	Failed       int `json:"failed"`
	Inconclusive int `json:"inconclusive"`
	Errors       int `json:"errors"`
	// InRow counts the errors since the last measurement that was none.
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

// Measured returns how many measurements count, which errors do not.
func (t *Tally) Measured() int { return t.Successful + t.Failed + t.Inconclusive }

// Phase returns what the measurements come to: a limit that is exceeded ends the
// analysis at once, and else it has succeeded once all are made.
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

// Result returns how a measurement ended, by what its expressions say; nil for one
// that the analysis does not have. A failure counts before a success.
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
