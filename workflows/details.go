package workflows

import (
	"fmt"
	"strings"

	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
)

// maximumRows bounds the table of records in Temporal UI, which shows the newest ones.
const maximumRows = 50

// show sets the run's current details for Temporal UI, in Markdown.
func (s *session) show() {
	if s.guest && s.phase != "waiting" {
		return
	}
	var b strings.Builder
	fmt.Fprintf(&b, "**%s**: %s", inline(s.subject.status()), inline(s.phase))
	switch {
	case s.phase == "waiting":
		b.WriteString(" at " + inline(s.event))
	case s.turnHolder() != "":
		b.WriteString("; " + s.turnHolder() + " holds the key")
	case s.step != "":
		b.WriteString(" " + inline(s.step))
	}
	if s.control != nil {
		fmt.Fprintf(&b, ". Told to end: %s", inline(s.control.describe()))
	}
	b.WriteString("\n\n")
	b.WriteString(pageLink(s.admission.Page))
	writeLocks(&b, s.openLocks())
	writeSteps(&b, s.subject.steps())
	if len(s.history.records) > 0 {
		b.WriteString("### Webhooks\n\n" + s.history.table())
	}
	writeRejected(&b, s.rejected)
	workflow.SetCurrentDetails(s.detached, b.String())
}

// pageLink returns a link to a page of the console, or "" without a page.
func pageLink(page string) string {
	if page == "" {
		return ""
	}
	return "[Open it in Latch](" + page + ")\n\n"
}

func writeLocks(b *strings.Builder, locks []latch.OpenLock) {
	if len(locks) == 0 {
		return
	}
	b.WriteString("### Waiting for\n\n")
	for _, lock := range locks {
		name := "`" + inline(lock.Token) + "`"
		if lock.URL != "" {
			name = "[" + inline(lock.Webhook) + "](" + lock.URL + ") " + name
		}
		until := ""
		if !lock.Until.IsZero() {
			until = ", until " + lock.Until.Format("2006-01-02 15:04:05 MST")
		}
		fmt.Fprintf(b, "- %s: %s at %s, since %s%s\n", name, inline(lock.Webhook), lock.Event, lock.Since.Format("2006-01-02 15:04:05 MST"), until)
	}
	b.WriteString("\n")
}

func writeSteps(b *strings.Builder, steps []latch.StepResult) {
	if len(steps) == 0 {
		return
	}
	b.WriteString("### Steps\n\n| step | status | error |\n|---|---|---|\n")
	for _, step := range steps {
		fmt.Fprintf(b, "| %s | %s | %s |\n", inline(step.Name), step.Status, inline(excerpt.Of(step.Error, 200)))
	}
	b.WriteString("\n")
}

// table returns the newest records as a table in Markdown.
func (h *history) table() string {
	var b strings.Builder
	records := h.records
	if left := len(records) - maximumRows; left > 0 {
		fmt.Fprintf(&b, "The newest %d of %d.\n\n", maximumRows, len(records))
		records = records[left:]
	}
	b.WriteString("| event | webhook | result | decision | lock | attempts | error |\n|---|---|---|---|---|---|---|\n")
	for _, record := range records {
		if record.row == "" {
			record.row = rowOf(record.Record)
		}
		b.WriteString(record.row)
	}
	b.WriteString("\n")
	return b.String()
}

// rowOf returns a record as a row of the table.
func rowOf(record *latch.Record) string {
	lock := ""
	switch {
	case record.Lock.Open():
		lock = "open"
	case record.Lock != nil:
		lock = strings.TrimSpace("removed via " + record.Lock.Way() + " " + record.Lock.RemovedBy)
	}
	problem := record.Error
	if record.HandedTo != "" {
		problem = strings.TrimSuffix("handed to "+record.HandedTo+"; "+problem, "; ")
	}
	event := inline(record.Event)
	if record.Step != "" {
		event += " " + inline(record.Step)
	}
	return fmt.Sprintf("| %s | %s | %s | %s | %s | %d | %s |\n", event, inline(record.Webhook), record.Result, record.Decision,
		inline(lock), record.Attempts, inline(excerpt.Of(problem, 200)))
}

func writeRejected(b *strings.Builder, rejected []latch.Rejected) {
	if len(rejected) == 0 {
		return
	}
	b.WriteString("### Signals refused\n\n")
	for _, refused := range rejected {
		fmt.Fprintf(b, "- %s: %s\n", inline(refused.Name), inline(excerpt.Of(refused.Error, 200)))
	}
	b.WriteString("\n")
}

// markdown escapes Markdown's special characters.
var markdown = strings.NewReplacer("\r", " ", "\n", " ", "|", "\\|", "`", "'", "<", "&lt;", "[", "\\[", "*", "\\*", "_", "\\_")

// inline escapes foreign text, so that it is not interpreted as Markdown.
func inline(text string) string { return markdown.Replace(text) }

// turnHolder returns the release for whose end this one waits, "" where it waits for
// none.
func (s *session) turnHolder() string {
	if release, is := s.subject.(pausing); is {
		if turn := release.turnStatus(); turn != nil && !turn.Held && turn.HeldBy != nil {
			return inline(turn.HeldBy.WorkflowID)
		}
	}
	return ""
}
