package runs

import (
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/attach"
	"github.com/latch-run/latch/internal/protocol"
)

// Undone returns the steps that a rollback of the release would undo now, in
// that order, and the completed steps that have no undo.
func (d *Definition) Undone(steps []latch.StepResult) (undone, lasting []string) {
	taken := func(name string) bool {
		return slices.ContainsFunc(steps, func(s latch.StepResult) bool {
			return s.Name == name && s.Taken()
		})
	}
	for _, step := range slices.Backward(d.Release.AllSteps()) {
		switch {
		case !taken(step.Name):
		case step.Undo != nil:
			undone = append(undone, step.Name)
		default:
			lasting = append(lasting, step.Name)
		}
	}
	return undone, lasting
}

// Webhooks returns the run's own webhooks and the registered ones that apply to
// it.
func (d *Definition) Webhooks() []protocol.AttachedWebhook {
	own := map[latch.Kind][]latch.Webhook{latch.ReleaseKind: d.Release.Webhooks,
		latch.JobKind: d.Job.Webhooks, latch.EmissionKind: d.Emission.Webhooks, latch.GateKind: d.Gate.Webhooks}[d.Kind]
	all := attach.Merge(own, d.Registered)
	if d.Kind == latch.GateKind {
		attach.AtGate(all, d.Gate.Event)
	}
	return all
}
