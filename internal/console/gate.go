package console

import (
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/console/piece"
)

// gate is the data of the page of a gate.
type gate struct {
	Title string
	Facts piece.Facts
	// Measured are the measurements of the newest analyses.
	Measured []piece.Measurements
	Records  []piece.Record
	// End is the form that decides the gate for its hooks; nil if it cannot be
	// decided.
	End *piece.Form
}

// What a person's decision about a gate does.
const (
	stopGateEffect     = "The gate is decided: it lets nobody pass, whatever its hooks say. Whoever asked it is told to stop."
	rollbackGateEffect = "The gate is decided: it lets nobody pass, whatever its hooks say. Whoever asked it is told to roll back."
)

// gate shows a gate: what it waits for, or its decision.
func (v *visit) gate() (*answer, error) {
	state, err := v.api.Gate(v.request.Context(), v.path("id"))
	if err != nil {
		return nil, err
	}
	title := "Gate " + state.ID
	data := gate{Title: title, Facts: v.runFacts(latch.GateKind, &state.State), Records: v.runRecords(&state.State, onlyObserve(&state.State))}
	data.Measured = piece.TakeMeasured(data.Records)
	if state.ClosedAt.IsZero() && v.may(api.RoleRun) {
		form := v.form("end")
		form.Buttons = []piece.Button{
			{Value: latch.MessageStop, Label: "Stop at the gate …", Look: piece.LookGrave, Help: stopGateEffect},
			{Value: latch.MessageRollback, Label: "Ask for a rollback …", Look: piece.LookGrave, Help: rollbackGateEffect}}
		data.End = &form
	}
	made := show(state.Status.Status+": "+title, "gate", data)
	made.said = title + " is " + state.Status.Status
	return made, nil
}

// onlyObserve returns a function that reports whether what a record's hook decides is only recorded.
func onlyObserve(state *apiclient.State) func(latch.Record) bool {
	return func(record latch.Record) bool {
		return slices.ContainsFunc(state.Undecided, func(hook latch.UndecidedHook) bool {
			return hook.Observes && hook.Webhook == record.Webhook && hook.Event == record.Event
		})
	}
}

// stopGate decides a gate with a stop.
func (v *visit) stopGate() (*answer, error) {
	return v.decideGate(latch.MessageStop, "Stop at the gate?", stopGateEffect)
}

// rollbackGate decides a gate with a rollback.
func (v *visit) rollbackGate() (*answer, error) {
	return v.decideGate(latch.MessageRollback, "Ask for a rollback?", rollbackGateEffect)
}

// decideGate sends a message to the gate if the person confirmed its effect;
// otherwise it asks.
func (v *visit) decideGate(message, question, effect string) (*answer, error) {
	if v.sent.Get("confirmed") != effect {
		return v.ask(question, effect, message, nil, nil)
	}
	return v.tellRun(latch.GateKind, message, question, latch.Control{Reason: v.sent.Get("reason")}, "The gate was decided.")
}
