package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/latch-run/latch"
)

// recordTable is the table of the webhook history.
func recordTable(records []latch.Record) *table {
	t := &table{header: []string{"RESULT", "EVENT", "WEBHOOK", "ANSWER", "ATTEMPTS", "TOOK", "DECISION", "DELIVERY", "NOTE"}}
	for i := range records {
		t.rows = append(t.rows, recordRow(&records[i]))
	}
	return t
}

func recordRow(r *latch.Record) []cell {
	return []cell{
		{r.Result, resultColour(r.Result)}, {eventOf(r.Event, r.Step), plain}, {printable(r.Webhook), plain},
		{orDash(answer(r)), plain}, {strconv.Itoa(r.Attempts), plain}, {orDash(took(r)), plain},
		{orDash(r.Decision), decisionColour(r.Decision)}, {r.DeliveryID, dim}, {oneLine(note(r)), plain},
	}
}

// recordLine is a record in the progress of a run.
func recordLine(r *latch.Record) []cell {
	line := []cell{{fmt.Sprintf("%-7s", r.Result), resultColour(r.Result)}, {eventOf(r.Event, r.Step), plain}, {printable(r.Webhook), plain}}
	if text := answer(r); text != "" {
		line = append(line, cell{"answered " + text, plain})
	}
	if r.Attempts > 1 {
		line = append(line, cell{fmt.Sprintf("%d attempts", r.Attempts), yellow})
	}
	if text := took(r); text != "" {
		line = append(line, cell{text, dim})
	}
	if r.Decision != "" {
		line = append(line, cell{"decides " + r.Decision, decisionColour(r.Decision)})
	}
	if text := note(r); text != "" {
		line = append(line, cell{oneLine(text), plain})
	}
	return line
}

func eventOf(event, step string) string {
	if step == "" {
		return event
	}
	return event + " (" + printable(step) + ")"
}

func answer(r *latch.Record) string {
	if r.Response == nil {
		return ""
	}
	return strconv.Itoa(r.Response.Status)
}

func took(r *latch.Record) string {
	switch {
	case r.DurationMS == 0 && r.Attempts > 0 && !r.CompletedAt.IsZero():
		return "<1ms"
	case r.DurationMS == 0:
		return ""
	}
	return (time.Duration(r.DurationMS) * time.Millisecond).String()
}

// note tells what else there is to know of a record.
func note(r *latch.Record) string {
	var notes []string
	if r.Error != "" {
		notes = append(notes, r.Error)
	}
	if lock := r.Lock; lock != nil && !lock.Open() {
		notes = append(notes, removalOf(lock))
	}
	if r.HandedTo != "" {
		notes = append(notes, "goes on in "+r.HandedTo)
	}
	return strings.Join(notes, "; ")
}

// removalOf tells how a lock came to its end.
func removalOf(lock *latch.RecordLock) string {
	text := "lock removed"
	switch {
	case lock.Via == latch.ViaTimeout:
		text = "lock timed out"
	case lock.Via == latch.ViaOverride:
		text = "lock closed"
	default:
		if lock.RemovedBy != "" {
			text += " by " + lock.RemovedBy
		}
		if lock.Via != "" {
			text += " (" + lock.Via + ")"
		}
	}
	return text + colon(lock.Reason)
}

// colon puts a text that there is behind a colon.
func colon(text string) string {
	if text == "" {
		return ""
	}
	return ": " + text
}

func resultColour(result string) string {
	switch result {
	case latch.ResultPass:
		return green
	case latch.ResultFail:
		return red
	case latch.ResultPending:
		return yellow
	default:
		return dim
	}
}

func decisionColour(decision string) string {
	if decision == latch.Stop || decision == latch.Rollback {
		return red
	}
	return plain
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

// removal is the command that removes a lock.
func removal(token string) string { return "starter lock release " + shell(token) }
