package workflows

import (
	"bytes"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
)

const (
	// maximumScheduled bounds the arguments that go to the server with one workflow task: a
	// request of more than 4 MiB ends the run.
	maximumScheduled = 1 << 20
	// plainWeight is the estimated size of the parts that every argument has, in bytes.
	plainWeight = 4 << 10
)

// A pacer spreads large arguments, and answers of volleys, over several workflow
// tasks.
type pacer struct {
	scheduled int
	// reserved is for the answers of the volleys in flight.
	reserved int
	// pause ends with the current workflow task. It may be nil.
	pause workflow.Future
}

// wait returns when the caller may schedule an argument of the given weight, at once if there
// is room for it.
func (p *pacer) wait(ctx workflow.Context, weight int) {
	for p.scheduled+p.reserved > 0 && p.scheduled+p.reserved+weight > maximumScheduled {
		if before := p.reserved; before > 0 {
			await(ctx, func() bool { return p.reserved < before })
			continue
		}
		if p.pause == nil {
			p.pause = anotherTask(ctx, "Making room for large requests")
		}
		pause := p.pause
		await(ctx, pause.IsReady)
		if p.pause == pause {
			p.pause, p.scheduled = nil, 0
		}
	}
	p.scheduled += weight
}

// anotherTask returns a future that is ready in a later workflow task, once the current one is in
// the history.
func anotherTask(ctx workflow.Context, why string) workflow.Future {
	return workflow.NewTimerWithOptions(ctx, time.Millisecond, workflow.TimerOptions{Summary: why})
}

// reserve reserves room for the answer of a volley. The actual size is known after the volley,
// when settle must be called.
func (p *pacer) reserve(ctx workflow.Context) {
	p.wait(ctx, protocol.MaximumVolleyBytes)
	p.scheduled -= protocol.MaximumVolleyBytes
	p.reserved += protocol.MaximumVolleyBytes
}

// settle releases the room that a volley's answer did not need.
func (p *pacer) settle(bytes int) {
	p.reserved -= protocol.MaximumVolleyBytes
	p.scheduled += bytes
}

// weight estimates the size of the argument for the hook's delivery. It depends on the run's
// input and not on the argument itself, so that a version that sends more or less can still
// replay the pacing of another version.
func (h *hook) weight() int {
	s := h.firing.session
	webhook := rawjson.Encode(h.webhook)
	weight := plainWeight + len(webhook) + 2*(s.given+s.kept)
	if bytes.Contains(webhook, []byte("records")) {
		weight += maximumHistoryBytes
	}
	return weight
}
