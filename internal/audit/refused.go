package audit

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/latch-run/latch"
)

// maximumRefusals bounds the different refusals of a minute. Further ones are counted by action
// and status alone.
const maximumRefusals = 500

// errFull is the reason why an entry is lost that finds no room.
var errFull = errors.New("too many entries wait for Temporal")

// A refusal is what those that are counted together have in common.
type refusal struct {
	action, outcome, via, by, identifiedBy, remote string
	target, workflowID, runID, webhook, event      string
	step, result, reason, text                     string
	status                                         int
}

// Refuse counts a refusal. Those of a minute that are alike become one entry, so that whoever sends
// a thousand wrong keys a second, or tries the same thing over and over, fills nothing.
func (r *Recorder) Refuse(entry latch.AuditEntry) {
	if r == nil {
		return
	}
	entry = clean(entry, r.LinkKey)
	now := latch.NewTime(time.Now())
	r.mutex.Lock()
	defer r.mutex.Unlock()
	alike := refusal{entry.Action, entry.Outcome, entry.Via, entry.By, entry.IdentifiedBy, entry.Remote,
		entry.Target, entry.WorkflowID, entry.RunID, entry.Webhook, entry.Event, entry.Step, entry.Result, entry.Reason, entry.Error,
		entry.Status}
	if _, known := r.refused[alike]; !known && len(r.refused) >= maximumRefusals {
		alike = refusal{action: entry.Action, outcome: entry.Outcome, via: entry.Via, status: entry.Status}
		entry = latch.AuditEntry{Action: entry.Action, Outcome: entry.Outcome, Via: entry.Via, Status: entry.Status,
			Error: "more refusals than are told apart in a minute"}
	}
	counted := r.refused[alike]
	if counted == nil {
		entry.First = now
		counted = &entry
		r.refused[alike] = counted
	}
	counted.Count++
	counted.Last = now
	if r.flush == nil {
		r.flush = time.AfterFunc(refusedTogether, r.flushRefused)
	}
}

// flushRefused appends the refusals that were gathered, those that came first at first.
func (r *Recorder) flushRefused() {
	r.mutex.Lock()
	var entries []*latch.AuditEntry
	for _, entry := range r.refused {
		entries = append(entries, entry)
	}
	clear(r.refused)
	if r.flush != nil {
		r.flush.Stop()
		r.flush = nil
	}
	r.mutex.Unlock()
	slices.SortFunc(entries, func(a, b *latch.AuditEntry) int {
		if order := a.First.Compare(b.First.Time); order != 0 {
			return order
		}
		return strings.Compare(a.Action+a.By+a.Remote+a.Target, b.Action+b.By+b.Remote+b.Target)
	})
	for _, entry := range entries {
		r.enter(context.Background(), *entry)
	}
}
