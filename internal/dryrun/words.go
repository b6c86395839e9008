package dryrun

import (
	"fmt"
	"strings"
)

// Words describes the event in the columns of a table: what happened, its details, and its
// result.
func (h *Happening) Words() (what, detail, outcome string) {
	switch h.Kind {
	case Requested:
		what, detail, outcome = "request", h.Request.Method+" "+h.Request.URL, h.Answer
		if h.Attempt > 1 {
			what = fmt.Sprintf("request, attempt %d", h.Attempt)
		}
	case Worked:
		what, detail, outcome = h.Task.Of, h.Task.Type+" "+h.Task.Name, string(h.Result)
		if h.Note != "" {
			outcome = h.Note
		}
	case Locked:
		what = "lock opens"
	case Escalated:
		what, outcome = "lock escalates", h.Note
	case Unlocked:
		what, outcome = "lock closes", h.Note
	case Decided:
		what, detail, outcome = "decides", h.Rule, h.Decision
		if h.Note != "" {
			detail = strings.TrimPrefix(detail+"; "+h.Note, "; ")
		}
	}
	if h.Assumed {
		outcome = strings.TrimSpace(outcome + " (assumed)")
	}
	return what, detail, outcome
}
