package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/counted"
)

// recordTable returns the table of a webhook history.
func recordTable(records []latch.Record) *output.Table {
	t := output.NewTable("RESULT", "EVENT", "WEBHOOK", "ANSWER", "ATTEMPTS", "TOOK", "DECISION", "DELIVERY", "NOTE")
	for i := range records {
		t.Add(recordRow(&records[i])...)
	}
	return t
}

func recordRow(r *latch.Record) []output.Cell {
	return []output.Cell{
		resultColour(r.Result).In(r.Result), output.Plain(eventOf(r.Event, r.Step)), output.Plain(output.Printable(r.Webhook)),
		output.Plain(output.OrDash(answer(r))), output.Plain(strconv.Itoa(r.Attempts)), output.Plain(output.OrDash(took(r))),
		decisionColour(r.Decision).In(output.OrDash(r.Decision)), output.Dim.In(r.DeliveryID), output.Plain(output.OneLine(note(r))),
	}
}

// recordLine returns a record as one line of a run's progress.
func recordLine(r *latch.Record) []output.Cell {
	line := []output.Cell{resultColour(r.Result).In(fmt.Sprintf("%-7s", r.Result)), output.Plain(eventOf(r.Event, r.Step)), output.Plain(output.Printable(r.Webhook))}
	if text := answer(r); text != "" {
		line = append(line, output.Plain("answered "+text))
	}
	if r.Attempts > 1 {
		line = append(line, output.Yellow.In(fmt.Sprintf("%d attempts", r.Attempts)))
	}
	if text := took(r); text != "" {
		line = append(line, output.Dim.In(text))
	}
	if r.Decision != "" {
		line = append(line, decisionColour(r.Decision).In("decides "+r.Decision))
	}
	if text := note(r); text != "" {
		line = append(line, output.Plain(output.OneLine(text)))
	}
	return line
}

func eventOf(event, step string) string {
	if step == "" {
		return event
	}
	return event + " (" + output.Printable(step) + ")"
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

// note returns further facts about a record.
func note(r *latch.Record) string {
	var notes []string
	if text := measured(r); text != "" {
		notes = append(notes, text)
	}
	if r.Error != "" {
		notes = append(notes, r.Error)
	}
	if r.Rule != "" && r.Decision != latch.Continue {
		notes = append(notes, "by "+r.Rule)
	}
	if lock := r.Lock; lock != nil && !lock.Open() {
		notes = append(notes, removalOf(lock))
	}
	if r.HandedTo != "" {
		notes = append(notes, "goes on in "+r.HandedTo)
	}
	return strings.Join(notes, "; ")
}

// measured returns how many measurements an analysis has made, and what the last one came to; ""
// without any.
func measured(r *latch.Record) string {
	if len(r.Measurements) == 0 {
		return ""
	}
	last := r.Measurements[len(r.Measurements)-1]
	return counted.Of(max(r.Attempts, len(r.Measurements)), "measurement", "measurements") + ", the last one: " + last.Result
}

// removalOf returns how a lock was removed.
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
			text += " (" + lock.Way() + ")"
		}
	}
	return text + output.Colon(lock.Reason)
}

func resultColour(result string) output.Colour {
	switch result {
	case latch.ResultPass:
		return output.Green
	case latch.ResultFail:
		return output.Red
	case latch.ResultPending:
		return output.Yellow
	default:
		return output.Dim
	}
}

func decisionColour(decision string) output.Colour {
	if decision == latch.Stop || decision == latch.Rollback {
		return output.Red
	}
	return output.None
}

// removal returns the command that removes a lock.
func removal(token string) string { return "starter lock release " + output.Shell(token) }
