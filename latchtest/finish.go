package latchtest

import (
	"fmt"
	"strings"
)

// finish fails the test for each unused script.
func (h *Hooks) finish() {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	defer h.over.Store(true)
	sent := make([]string, len(h.requests))
	for i, request := range h.requests {
		sent[i] = request.String()
	}
	for _, r := range h.rules {
		if r.optional {
			continue
		}
		if unused := len(r.answers) - r.given; unused > 0 {
			h.t.Errorf("latchtest: %s, scripted at %s: %d of %d answers were not used. The requests were:%s",
				r.where, r.at, unused, len(r.answers), lines(sent))
		}
		if unused := len(r.removals) - r.removed; unused > 0 {
			h.t.Errorf("latchtest: %s, scripted at %s: %d of %d locks were not removed%s. The locks were:%s",
				r.where, r.at, unused, len(r.removals), because(r.missed), lines(h.made))
		}
	}
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ", since " + why
}

// maximumLines bounds the lines in a message.
const maximumLines = 50

// lines formats names, one per line.
func lines(names []string) string {
	if len(names) == 0 {
		return " none"
	}
	more := ""
	if n := len(names) - maximumLines; n > 0 {
		names, more = names[:maximumLines], fmt.Sprintf("\n  and %d more", n)
	}
	return "\n  " + strings.Join(names, "\n  ") + more
}
