package dryrun

import (
	"cmp"
	"slices"
)

// A timeline orders events. Many happen in the same instant, because time is skipped. Then the
// order of requests counts, and the relation of the other events to them.
type timeline struct {
	events []placed
	// sent are the requests of each delivery.
	sent map[string][]placed
	// requests counts them.
	requests int
}

// A placed event has a position among those of its instant. The positions of requests are
// multiples of [between]; events before or after them are in between.
type placed struct {
	Happening
	place int
}

const between = 8

// task adds a task that was begun after the given number of requests.
func (t *timeline) task(event Happening, requestsBefore int) {
	t.events = append(t.events, placed{event, requestsBefore*between - 1})
}

// choice adds that a step waits, or what somebody chooses, after the given number of requests.
// A choice comes before what it brings about.
func (t *timeline) choice(event Happening, requestsBefore int) {
	place := requestsBefore*between - 1
	if event.Kind == Chosen {
		place--
	}
	t.events = append(t.events, placed{event, place})
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

// record adds the events in the record of a delivery. A lock opens with the delivery's first
// request, and everything else follows the last one, if that happened in the same instant.
// Events without a request come first in their instant, because its other events are their
// consequences.
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
