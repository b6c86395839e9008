package console

import (
	"fmt"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/console/piece"
	dlv "github.com/latch-run/latch/internal/deliveries"
)

// queuePath is the path of the page that follows a workflow that sends what was skipped.
const queuePath = deliveriesPath + "/queue"

// The actions that send what was skipped. The first one only counts.
const (
	countSkipped = "count-skipped"
	sendSkipped  = "send-skipped"
)

// skippedForm returns the form that sends what was skipped of a registered webhook, or nil for
// one whose endpoint is never disabled, and for callers who may not send.
func (v *visit) skippedForm(webhook latch.Object) *piece.Form {
	if !v.may(api.RoleRun) || isNothing(webhook["health"]) {
		return nil
	}
	form := v.form("skipped")
	form.Buttons = []piece.Button{{Value: countSkipped, Label: "Count what was skipped",
		Help: "What came while its endpoint was disabled is kept. It is counted first, which may take minutes, and sent once you confirm."}}
	return &form
}

// skippedOf returns the filter of what was skipped of this page's webhook.
func (p hookPlace) skippedOf() apiclient.DeliveryFilter {
	return apiclient.DeliveryFilter{Skipped: true, Webhook: p.id, Limit: 1} // a limit has no effect here
}

// countSkippedOf counts what was skipped, and asks whether to send it.
func (v *visit) countSkippedOf() (*answer, error) {
	p := v.hookPlace()
	filter := p.skippedOf()
	filter.DryRun = true
	planned := new(dlv.BulkRedelivery)
	if err := v.api.RedeliverFailed(v.request.Context(), filter, planned); err != nil {
		return nil, err
	}
	back := v.link(v.request.URL.EscapedPath())
	if planned.Planned == 0 {
		confirm := piece.Confirmation{Title: "Nothing is to be sent", Back: back, Form: v.form("skipped"),
			Effect: "Nothing was skipped that is not being sent already." + moreOf(planned)}
		return show(confirm.Title, "confirm", confirm), nil
	}
	confirm := piece.Confirmation{Title: fmt.Sprintf("Send %s that %s skipped?", deliveriesOf(planned.Planned), wasOrWere(planned.Planned)),
		Back: back, Form: v.form("skipped"), Effect: "They go out in the order of their events, each under its own delivery id, once the one " +
			"before is settled. " +
			"If the endpoint is disabled again, the rest stays skipped." + moreOf(planned)}
	confirm.Form.Buttons = []piece.Button{{Value: sendSkipped, Label: fmt.Sprintf("Yes: send %d", planned.Planned), Look: piece.LookFirst}}
	return show(confirm.Title, "confirm", confirm), nil
}

func wasOrWere(n int) string {
	if n == 1 {
		return "was"
	}
	return "were"
}

// sendSkippedOf sends what was skipped, and redirects to the page that follows it: also if it is
// being sent already.
func (v *visit) sendSkippedOf() (*answer, error) {
	p := v.hookPlace()
	done := new(dlv.BulkRedelivery)
	if err := v.api.RedeliverFailed(v.request.Context(), p.skippedOf(), done); err != nil {
		return nil, err
	}
	for _, each := range done.Deliveries {
		if each.WorkflowID != "" {
			return v.goTo(v.link(queuePath, "id", each.WorkflowID, "webhook", p.id), ""), nil
		}
	}
	said := "Nothing was skipped that is not being sent already."
	if len(done.Deliveries) > 0 && done.Deliveries[0].Error != "" {
		said = "It could not be sent: " + done.Deliveries[0].Error
	}
	return v.goTo(v.link(v.request.URL.EscapedPath()), said), nil
}

// A queuePage is the data of the page that follows a queue.
type queuePage struct {
	// Summary says how far it is; nil if the address names no queue.
	Summary *piece.Notice
	Facts   piece.Facts
	// Back is the address of the webhook, or of the deliveries.
	Back string
}

// queue follows a workflow that sends what was skipped.
func (v *visit) queue() (*answer, error) {
	data := queuePage{Back: v.link(deliveriesPath)}
	if webhook := v.query.Get("webhook"); webhook != "" {
		data.Back = v.link(webhooksPath + "/" + segment(webhook))
	}
	id := v.query.Get("id")
	if id == "" {
		return show("What was skipped", "queue", data), nil
	}
	var state dlv.QueueState
	if err := v.api.DeliveryQueue(v.request.Context(), id, &state); err != nil {
		return nil, err
	}
	data.Summary = queueNotice(&state)
	data.Facts.Add("Settled", piece.Text(fmt.Sprint(state.Done)))
	data.Facts.Add("To come", piece.Text(fmt.Sprint(state.Left)))
	if state.Lost > 0 {
		lost := piece.Cell{Text: fmt.Sprint(state.Lost), Status: "bad"}
		data.Facts.Add("Could not be sent", lost.With("Temporal no longer has their runs, for example"))
	}
	data.Facts.Add("Workflow", piece.Code(state.WorkflowID))
	made := show(fmt.Sprintf("What was skipped: %d of %d settled", state.Done, state.Done+state.Left), "queue", data)
	made.said = data.Summary.Text
	return made, nil
}

// queueNotice says how far a queue is.
func queueNotice(state *dlv.QueueState) *piece.Notice {
	of := state.Done + state.Left
	switch {
	case state.Kept:
		return &piece.Notice{Tone: "bad", Text: fmt.Sprintf("The endpoint is disabled again: %d of %d are settled, the rest stays skipped.",
			state.Done, of)}
	case state.Status == latch.ReleaseRunning:
		return &piece.Notice{Tone: "wait", Text: fmt.Sprintf("%d of %d are settled.", state.Done, of)}
	case state.Left > 0:
		return &piece.Notice{Tone: "bad", Text: fmt.Sprintf("It was ended from outside: %d of %d are settled, the rest stays skipped.",
			state.Done, of)}
	case state.Lost > 0:
		return &piece.Notice{Tone: "bad", Text: fmt.Sprintf("%d of %d could not be sent.", state.Lost, of)}
	default:
		return &piece.Notice{Tone: "good", Text: fmt.Sprintf("All %d are settled.", of)}
	}
}
