package console

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/approval"
	"github.com/latch-run/latch/internal/console/piece"
	"github.com/latch-run/latch/internal/counted"
	"github.com/latch-run/latch/internal/runs"
)

const (
	// inboxRead is about how many locks the inbox reads at once to sort and
	// count them, and inboxShown how many of them it shows.
	inboxRead  = 1000
	inboxShown = 100
)

// An inbox is the data of the page of what waits for somebody.
type inbox struct {
	Filters piece.Form
	// Mine are the locks that wait for the person's vote; nil if none does. Locks are the others.
	Mine *piece.List
	// Paused are the failed steps that wait for a choice; nil if none does.
	Paused *piece.List
	Locks  piece.List
	// MayRemove is true if the person may remove them.
	MayRemove bool
	// Unread says how many runs wait for locks that cannot be read.
	Unread string
}

// inbox lists the waiting locks, each with a link to its page, where it can be
// removed, and the failed steps at which releases pause, each with a link to the
// release's page, where it can be retried or skipped. One call reads both.
func (v *visit) inbox() (*answer, error) {
	filter := apiclient.LockFilter{Webhook: v.query.Get("webhook"), Event: v.query.Get("event"), Release: v.query.Get("release"),
		Job: v.query.Get("job"), Until: v.query.Get("until")}
	cursor := v.query.Get("cursor")
	offset, refused := v.offset()
	if refused != nil {
		return refused, nil
	}
	var part api.Locks
	if err := v.api.Locks(v.request.Context(), filter, cursor, inboxRead, &part); err != nil {
		return nil, err
	}
	slices.SortStableFunc(part.Locks, byUrgency)
	slices.SortStableFunc(part.Locks, v.mineFirst)
	count := piece.Count(len(part.Locks), piece.Unknown, part.NextCursor != "" || cursor != "")
	if offset >= len(part.Locks) {
		offset = 0 // what was shown there is removed meanwhile
	}
	shown := part.Locks[offset:min(offset+inboxShown, len(part.Locks))]
	rows := count
	if len(shown) < len(part.Locks) {
		rows = fmt.Sprintf("%d to %d of %s", offset+1, offset+len(shown), count)
	}
	data := inbox{Filters: v.inboxFilters(filter), Paused: v.pausedList(part.Paused, offset), MayRemove: v.may(api.RoleLock),
		Locks: lockList("locks", "Locks that wait", rows)}
	data.Locks.Empty = emptyInbox(filter)
	data.Locks.Lag = "Those that wait for your vote first, then those that end by themselves, then the oldest. A lock shows here within " +
		"moments of its making."
	for i := range shown {
		if row := v.lockRow(&shown[i]); v.awaits(&shown[i]) {
			if data.Mine == nil {
				mine := lockList("mine", "Locks that wait for your vote", "")
				data.Mine = &mine
			}
			data.Mine.Rows = append(data.Mine.Rows, row)
		} else {
			data.Locks.Rows = append(data.Locks.Rows, row)
		}
	}
	switch {
	case data.Mine != nil:
		data.Mine.Count = strconv.Itoa(len(data.Mine.Rows))
		data.Locks.Empty = "No other lock waits here."
	case len(part.Paused) > 0:
		data.Locks.Empty = "No lock waits here."
	}
	if cursor != "" || offset > 0 {
		data.Locks.First = v.with("cursor", "", "offset", "")
	}
	switch {
	case offset+len(shown) < len(part.Locks):
		data.Locks.Next = v.with("offset", strconv.Itoa(offset+len(shown)))
	case part.NextCursor != "":
		data.Locks.Next = v.with("cursor", part.NextCursor, "offset", "")
	}
	if part.Unread > 0 {
		data.Unread = fmt.Sprintf("%d more runs wait for what cannot be read here, such as those encrypted with a key that this server lacks.",
			part.Unread)
	}
	all := piece.Count(len(part.Locks)+len(part.Paused), piece.Unknown, part.NextCursor != "" || cursor != "")
	made := show("("+all+") Inbox", "inbox", data)
	made.said = count + " locks wait"
	if len(part.Paused) > 0 {
		made.said += ", and " + counted.Of(len(part.Paused), "failed step", "failed steps")
	}
	return made, nil
}

// pausedList lists the failed steps that wait for a choice, those that have waited
// longest first; nil if there are none, or on a later page of the locks.
func (v *visit) pausedList(steps []runs.WaitingStep, offset int) *piece.List {
	if len(steps) == 0 || offset > 0 {
		return nil
	}
	slices.SortStableFunc(steps, func(a, b runs.WaitingStep) int { return a.Since.Compare(b.Since.Time) })
	shown := steps[:min(inboxShown, len(steps))]
	list := piece.List{ID: "paused", Name: "Failed steps that wait", Count: piece.Count(len(shown), len(steps), false),
		Columns: []string{"Step", "Of", "Why it failed", "Waits since"},
		Lag:     "The longest waiting first. Each release waits until somebody retries or skips the step, stops the release or rolls it back."}
	for _, step := range shown {
		page := v.link(releasePath(step.WorkflowID))
		release := piece.Link(cmp.Or(step.Title, step.Release), page).With("release " + step.Release)
		list.Rows = append(list.Rows, piece.Row{Key: step.WorkflowID + " " + step.Step,
			Cells: []piece.Cell{piece.Link(step.Step, page), release, piece.Text(step.Error), piece.When(step.Since)}})
	}
	return &list
}

func lockList(id, name, count string) piece.List {
	return piece.List{ID: id, Name: name, Count: count, Columns: []string{"Lock", "Holds", "Waits since", "Until", "Then"}}
}

// emptyInbox says why no locks are listed.
func emptyInbox(filter apiclient.LockFilter) string {
	if filter != (apiclient.LockFilter{}) {
		return "No lock waits that the filter takes."
	}
	return "Nothing waits for anybody."
}

// byUrgency sorts the locks that time out first, the earliest first, then the
// others, the longest waiting first.
func byUrgency(a, b runs.WaitingLock) int {
	switch {
	case a.Until.IsZero() != b.Until.IsZero():
		return map[bool]int{true: 1, false: -1}[a.Until.IsZero()]
	case !a.Until.Equal(b.Until.Time):
		return a.Until.Compare(b.Until.Time)
	default:
		return a.Since.Compare(b.Since.Time)
	}
}

func (v *visit) inboxFilters(filter apiclient.LockFilter) piece.Form {
	return piece.Form{ID: "filter", Groups: []piece.Group{{Fields: []piece.Field{
		{Name: "release", Label: "Release", Kind: piece.KindSearch, Value: filter.Release, Help: "its id"},
		{Name: "job", Label: "Job", Value: filter.Job, Help: "its id"},
		{Name: "webhook", Label: "Webhook", Value: filter.Webhook, Help: "its id"},
		{Name: "event", Label: "Event", Value: filter.Event, Options: piece.Options(latch.EventBeforeRelease, latch.EventBeforeStep,
			latch.EventAfterStep, latch.EventBeforeReleaseComplete)},
		{Name: "until", Label: "Waits for at least", Value: filter.Until, Help: "such as 2h", Options: piece.Options("10m", "1h", "24h", "168h")},
	}}}, Buttons: []piece.Button{{Name: "show", Label: "Filter"}}}
}

// lockRow shows a lock: what it holds, since when, until when, and what happens
// then.
func (v *visit) lockRow(lock *runs.WaitingLock) piece.Row {
	link := piece.Link(lock.Webhook, v.link("/locks/"+segment(lock.Token))).With("at " + lock.Event)
	if lock.Step != "" {
		link.Note += ", step " + lock.Step
	}
	for _, missing := range lock.Missing {
		link.Note += ", needs " + approval.WhoOf(missing.Groups, missing.Users, missing.Count)
	}
	if v.awaits(lock) {
		link.Note += ": yours too"
	}
	until, then := piece.When(lock.Until), piece.Text(timeoutWord(lock.OnTimeout))
	if lock.Until.IsZero() {
		until, then = piece.Text("somebody decides"), piece.Cell{}
	}
	return piece.Row{Key: lock.Token, Cells: []piece.Cell{link, v.held(lock), piece.When(lock.Since), until, then}}
}

// awaits reports whether a lock waits for the person's vote.
func (v *visit) awaits(lock *runs.WaitingLock) bool {
	return v.may(api.RoleLock) &&
		approval.Awaits(&lock.OpenLock, approval.Voter{Name: v.caller.Name, Groups: v.caller.Groups, IdentifiedBy: v.caller.Via})
}

// mineFirst sorts the locks that wait for the person's vote before the others.
func (v *visit) mineFirst(a, b runs.WaitingLock) int {
	switch mine := v.awaits(&a); {
	case mine == v.awaits(&b):
		return 0
	case mine:
		return -1
	default:
		return 1
	}
}

// held names the release, job, gate or workflow that a lock holds.
func (v *visit) held(lock *runs.WaitingLock) piece.Cell {
	kind, id := "workflow", lock.WorkflowID
	switch {
	case lock.Release != "":
		kind, id = "release", lock.Release
	case lock.Job != "":
		kind, id = "job", lock.Job
	}
	address := v.runURL(lock.WorkflowID, lock.RunID)
	switch latch.KindOfWorkflow(lock.WorkflowType) {
	case latch.ReleaseKind:
		address = v.link(releasePath(lock.WorkflowID))
	case latch.GateKind:
		kind, id, address = "gate", strings.TrimPrefix(id, latch.PrefixGate), v.link(gatePath(lock.WorkflowID))
	}
	cell := piece.Link(cmp.Or(lock.Title, id), address)
	return cell.With(kind + " " + id)
}

// timeoutWord says what happens when a lock times out.
func timeoutWord(policy string) string {
	return map[string]string{latch.Continue: "goes on", latch.Stop: "stops", latch.Rollback: "rolls back"}[policy]
}
