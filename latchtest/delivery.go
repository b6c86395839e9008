package latchtest

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/counted"
)

// A Delivery is one hook that fired: its current record, with result, data and
// decision, and the requests that were sent for it. A hook without a URL has no
// requests.
type Delivery struct {
	latch.Record
	Requests []Request
}

// Arrived reports whether the endpoint accepted the message.
func (d Delivery) Arrived() bool {
	succeeded := func(status int) bool { return status >= http.StatusOK && status < http.StatusMultipleChoices }
	if n := len(d.Tries); n > 0 {
		last := d.Tries[n-1]
		return last.Unreadable || last.Error == "" && last.RetryInMS == 0 && (succeeded(last.Status) || d.Error == "")
	}
	return len(d.Requests) > 0 && succeeded(d.Requests[len(d.Requests)-1].Status)
}

// Body returns the body of the last request, or "" if nothing was sent.
func (d Delivery) Body() string {
	if len(d.Requests) == 0 {
		return ""
	}
	return d.Requests[len(d.Requests)-1].Body
}

// Decode decodes the body of the last request as JSON.
func (d Delivery) Decode(into any) error {
	if len(d.Requests) == 0 {
		return fmt.Errorf("nothing was sent for %s", named(&d.Record))
	}
	return d.Requests[len(d.Requests)-1].Decode(into)
}

// Deliveries returns all hooks of all runs so far, including skipped ones, in
// the order in which they fired. A delivery that a run handed over to
// latch.Deliver has the record of the latter.
func (h *Hooks) Deliveries() []Delivery {
	h.t.Helper()
	h.mutex.Lock()
	runs := slices.Clone(h.runs)
	h.mutex.Unlock()
	var deliveries []Delivery
	for _, each := range runs {
		records, err := each.records()
		if err != nil {
			h.errorf("latchtest: the history of workflow %q: %v", each.id, err)
		}
		for _, record := range records {
			deliveries = noted(deliveries, record)
		}
	}
	for _, request := range h.Requests() {
		i := slices.IndexFunc(deliveries, func(d Delivery) bool { return d.DeliveryID == request.DeliveryID })
		if i >= 0 {
			deliveries[i].Requests = append(deliveries[i].Requests, request)
		}
	}
	slices.SortStableFunc(deliveries, func(a, b Delivery) int { return a.StartedAt.Compare(b.StartedAt.Time) })
	return deliveries
}

// noted adds a record, or replaces the one that another run handed over.
func noted(deliveries []Delivery, record latch.Record) []Delivery {
	i := slices.IndexFunc(deliveries, func(d Delivery) bool { return d.DeliveryID == record.DeliveryID })
	if i < 0 {
		return append(deliveries, Delivery{Record: record})
	}
	deliveries[i].Record = record
	return deliveries
}

// Fired returns the hooks that fired, in order, each as "EVENT webhook" or
// "EVENT[step] webhook". It leaves out hooks whose `when` was false.
func (h *Hooks) Fired() []string {
	h.t.Helper()
	fired := []string{}
	for _, each := range h.Deliveries() {
		if !notFired(&each.Record) {
			fired = append(fired, named(&each.Record))
		}
	}
	return fired
}

// notFired reports whether the hook's `when` was false.
func notFired(record *latch.Record) bool {
	return record.Result == latch.ResultSkipped && record.Lock == nil && record.Attempts == 0
}

func named(record *latch.Record) string {
	if record.Step != "" {
		return record.Event + "[" + record.Step + "] " + record.Webhook
	}
	return record.Event + " " + record.Webhook
}

// RequireFired returns the hook of the webhook that fired at the event. It
// fails and ends the test unless there is exactly one.
func (h *Hooks) RequireFired(webhook, event string) Delivery {
	h.t.Helper()
	found := h.fired(webhook, event)
	if len(found) != 1 {
		h.fatalf("latchtest: webhook %q was fired at %s %s; the hooks that were fired:%s",
			webhook, event, counted.Times(len(found)), lines(h.Fired()))
		return Delivery{}
	}
	return found[0]
}

// RequireDelivered is [Hooks.RequireFired] for a hook whose message arrived,
// possibly after several attempts.
func (h *Hooks) RequireDelivered(webhook, event string) Delivery {
	h.t.Helper()
	delivery := h.RequireFired(webhook, event)
	if !delivery.Arrived() {
		h.fatalf("latchtest: %s did not arrive: %s", named(&delivery.Record), why(delivery))
	}
	return delivery
}

// RequireNotFired fails and ends the test if the webhook fired at the event.
func (h *Hooks) RequireNotFired(webhook, event string) {
	h.t.Helper()
	if found := h.fired(webhook, event); len(found) > 0 {
		h.fatalf("latchtest: webhook %q was fired at %s %s", webhook, event, counted.Times(len(found)))
	}
}

func (h *Hooks) fired(webhook, event string) []Delivery {
	h.t.Helper()
	return slices.DeleteFunc(h.Deliveries(), func(d Delivery) bool {
		return d.Webhook != webhook || d.Event != event || notFired(&d.Record)
	})
}

// why says why a message did not arrive.
func why(delivery Delivery) string {
	switch {
	case len(delivery.Requests) == 0 && delivery.Error == "":
		return "nothing was sent; has the webhook a url?"
	case delivery.Error == "":
		return fmt.Sprintf("its result is %q after %s", delivery.Result, counted.Of(len(delivery.Requests), "attempt", "attempts"))
	default:
		return delivery.Error
	}
}
