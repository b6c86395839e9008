package console

import (
	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/console/piece"
	dlv "github.com/latch-run/latch/internal/deliveries"
)

// outcomeOptions returns the outcomes that a filter accepts.
func outcomeOptions() []piece.Option {
	return append([]piece.Option{{Label: "any"}}, piece.Options(dlv.AllOutcomes...)...)
}

// outcomeCell shows the outcome of a delivery, and the decision its response
// made if that was not "continue".
func outcomeCell(record *latch.Record) piece.Cell {
	switch outcome := dlv.OutcomeOf(record); {
	case outcome == dlv.Pending && record.Lock.Open():
		return piece.Cell{Text: "waits for its lock", Status: "wait"}
	case outcome == dlv.Pending:
		return piece.Cell{Text: "on its way", Status: "wait"}
	case outcome == dlv.FailedOutcome:
		return piece.Cell{Text: "failed", Status: "bad"}
	case outcome == dlv.Settled && record.Attempts == 0:
		return piece.Cell{Text: "not sent", Status: record.Result}
	case outcome == dlv.Settled:
		return piece.Cell{Text: "not delivered, settled by its lock", Status: record.Result}
	case outcome == dlv.Delivered && record.Result == latch.ResultFail:
		return piece.Cell{Text: "delivered, answer means fail", Status: "bad"}
	case outcome == dlv.Delivered:
		return piece.Cell{Text: "delivered", Status: "good"}
	default:
		return piece.Status(outcome)
	}
}
