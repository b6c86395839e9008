package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"
)

// maximumScheduled bounds the arguments that go to the server with one
// workflow task: a request of more than 4 MiB is refused, again and again.
const maximumScheduled = 1 << 20

// A pacer spreads large arguments over several workflow tasks.
type pacer struct {
	scheduled int
	// pause ends with the workflow task under way; nil where there is none.
	pause workflow.Future
}

// wait lets the caller schedule an argument of the given size, at once where
// there is room for it.
func (p *pacer) wait(ctx workflow.Context, size int) {
	for p.scheduled > 0 && p.scheduled+size > maximumScheduled {
		if p.pause == nil {
			p.pause = workflow.NewTimerWithOptions(ctx, time.Millisecond, workflow.TimerOptions{Summary: "Making room for large requests"})
		}
		pause := p.pause
		await(ctx, pause.IsReady)
		if p.pause == pause {
			p.pause, p.scheduled = nil, 0
		}
	}
	p.scheduled += size
}
