package workflows

import (
	"bytes"
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
)

const (
	// maximumScheduled bounds the arguments that go to the server with one
	// workflow task: a request of more than 4 MiB ends the run.
	maximumScheduled = 1 << 20
	// plainWeight is taken for what every argument holds, in bytes.
	plainWeight = 4 << 10
)

// A pacer spreads large arguments, and answers of volleys, over several workflow
// tasks.
type pacer struct {
	scheduled int
	// reserved is for the answers of the volleys under way.
	reserved int
	// pause ends with the workflow task under way; nil where there is none.
	pause workflow.Future
}

// wait lets the caller schedule an argument of the given weight, at once where
// there is room for it.
func (p *pacer) wait(ctx workflow.Context, weight int) {
	for p.scheduled+p.reserved > 0 && p.scheduled+p.reserved+weight > maximumScheduled {
		if before := p.reserved; before > 0 {
			await(ctx, func() bool { return p.reserved < before })
			continue
		}
		if p.pause == nil {
			p.pause = workflow.NewTimerWithOptions(ctx, time.Millisecond, workflow.TimerOptions{Summary: "Making room for large requests"})
		}
		pause := p.pause
		await(ctx, pause.IsReady)
		if p.pause == pause {
			p.pause, p.scheduled = nil, 0
		}
	}
	p.scheduled += weight
}

// reserve keeps room for the answer of a volley. How long that is shows once the
// volley has ended; then settle must be called.
func (p *pacer) reserve(ctx workflow.Context) {
	p.wait(ctx, protocol.MaximumVolleyBytes)
	p.scheduled -= protocol.MaximumVolleyBytes
	p.reserved += protocol.MaximumVolleyBytes
}

// settle gives back what the answer of a volley did not take.
func (p *pacer) settle(bytes int) {
	p.reserved -= protocol.MaximumVolleyBytes
	p.scheduled += bytes
}

// weight estimates the size of what the hook's delivery is sent with. It is
// taken from what the run was given and not from what is sent, so that a
// version that sends more or less still replays what another version paced.
func (h *hook) weight() int {
	s := h.firing.session
	webhook := rawjson.Encode(h.webhook)
	weight := plainWeight + len(webhook) + 2*(s.given+s.kept)
	if bytes.Contains(webhook, []byte("records")) {
		weight += maximumHistoryBytes
	}
	return weight
}
