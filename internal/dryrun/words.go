package dryrun

import (
	"fmt"
	"slices"
	"strings"
)

// Words says what the freeze holds, until when, and who may override it.
func (f *Freeze) Words() string {
	until := "for good"
	if !f.Until.IsZero() {
		until = "until " + f.Until.UTC().Format("2006-01-02 15:04 MST")
	}
	who := "nobody may override it"
	if f.Override != nil {
		who = strings.Join(slices.Concat(f.Override.Groups, f.Override.Users), ", ") + " may override it"
		if f.Override.Reason {
			who += " with a reason"
		}
	}
	at := f.Event
	if f.Step != "" {
		at += " (" + f.Step + ")"
	}
	return fmt.Sprintf("freeze %s holds it before %s, %s; %s", f.Freeze, at, until, who)
}

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
	case Paused:
		what, detail = "step "+h.Step+" waits", h.Note
	case Chosen:
		what, detail, outcome = "choice about step "+h.Step, h.Note, h.Decision
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
