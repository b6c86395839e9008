package protocol

import (
	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/analysis"
)

// Measured holds the measurements of an analysis so far. Heartbeats pass it from one
// measurement to the next, so that dozens of them cost a run no more events than one.
type Measured struct {
	analysis.Tally
	// Measurements are the newest, oldest first.
	Measurements []latch.Measurement `json:"measurements,omitempty"`
}

// Total returns how many measurements were made, errors included.
func (m *Measured) Total() int { return m.Measured() + m.Errors }

// Add counts a measurement and keeps it among the newest.
func (m *Measured) Add(measurement latch.Measurement) {
	m.Tally.Add(measurement.Result)
	m.Measurements = append(m.Measurements, measurement)
	m.Measurements = m.Measurements[max(0, len(m.Measurements)-latch.MaximumMeasurements):]
}
