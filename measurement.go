package latch

// These are the results of a measurement.
const (
	MeasuredSuccess      = "success"
	MeasuredFailure      = "failure"
	MeasuredInconclusive = "inconclusive"
	MeasuredError        = "error"
)

// MaximumMeasurements is how many measurements a record keeps.
const MaximumMeasurements = 100

// A Measurement is one measurement of an analysis.
type Measurement struct {
	At Time `json:"at"`
	// Result is success, failure, inconclusive or error.
	Result string `json:"result"`
	// Value is the beginning of the answer, at most 200 bytes.
	Value string `json:"value,omitempty"`
	// Error says why it failed, in at most 200 bytes.
	Error string `json:"error,omitempty"`
}
