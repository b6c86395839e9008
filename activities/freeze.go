package activities

import (
	"context"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/freeze"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/vars"
)

// Freezes returns the states of freezes at a time. It fails, and the release waits, if one of them
// cannot be read.
func (a *Activities) Freezes(_ context.Context, request protocol.FreezesRequest) ([]latch.FreezeState, error) {
	states := make([]latch.FreezeState, len(request.Freezes))
	for i := range request.Freezes {
		var err error
		if states[i], err = freeze.At(&request.Freezes[i], request.Now.Time); err != nil {
			return nil, err
		}
	}
	return states, nil
}

// freezing returns the freezes that apply to a release. One whose `when` fails applies, so that a
// mistake in it lets no release pass.
func (i *input) freezing(registered []latch.RegisteredFreeze, system vars.System) []protocol.AttachedFreeze {
	var applies []protocol.AttachedFreeze
	for j := range registered {
		attached := protocol.AttachedFreeze{Freeze: registered[j].Freeze}
		if attached.When != "" {
			i.variables["system"] = encode(system)
			applicable, err := evaluateWhen(protocol.PlanHook{When: attached.When, Variables: i.variables})
			if err == nil && !applicable {
				continue
			}
			if err != nil {
				attached.Error = "when: " + err.Error()
			}
		}
		applies = append(applies, attached)
	}
	return applies
}
