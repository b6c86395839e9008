package dryrun

import (
	"cmp"
	"slices"
)

// A timeline puts events in order. Many happen in the same instant, since time is
// skipped: then the order of requests counts, and what is known of the others beside
// them.
type timeline struct {
	events []placed
	// sent are the requests of each delivery.
	sent map[string][]placed
	// requests counts them.
	requests int
}

// A placed event has a place among those of its instant. A request's places are
// multiples of [between]; what comes before or after it lies between them.
type placed struct {
	Happening
	place int
}

const between = 8

// task adds a task that was begun when so many requests had gone out.
func (t *timeline) task(event Happening, requestsBefore int) {
	t.events = append(t.events, placed{event, requestsBefore*between - 1})
}

// request adds the next request.
func (t *timeline) request(event Happening, delivery string) {
	if t.sent == nil {
		t.sent = map[string][]placed{}
	}
	next := placed{event, t.requests * between}
	t.events = append(t.events, next)
	t.requests++
	if delivery != "" {
		t.sent[delivery] = append(t.sent[delivery], next)
	}
}

// record adds what the record of a delivery says. A lock opens with the delivery's
// first request, and all else follows the last one, where that is of the same
// instant. What follows no request comes first in its instant, since all else in it
// follows from it.
func (t *timeline) record(events []Happening, delivery string) {
	for i, event := range events {
		place := -between + i
		for _, request := range t.sent[delivery] {
			if request.After == event.After {
				place = request.place + 1 + i
			}
			if event.Kind == Locked {
				break
			}
		}
		t.events = append(t.events, placed{event, place})
	}
}

func (t *timeline) inOrder() []Happening {
	slices.SortStableFunc(t.events, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.After, b.After), cmp.Compare(a.place, b.place))
	})
	events := make([]Happening, len(t.events))
	for i, each := range t.events {
		events[i] = each.Happening
	}
	return events
}
