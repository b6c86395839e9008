package piece

import (
	"time"

	"github.com/latch-run/latch"
)

// A Cell is an entry of a list, or the value of a fact. The zero value is
// empty.
type Cell struct {
	// Text is what is shown. Href makes it a link.
	Text, Href string
	// At is shown in place of Text, as a time.
	At time.Time
	// Status colors the text according to the meaning of the word, such as
	// failed.
	Status string
	// Code shows the text in a fixed-width font, with its line breaks.
	Code bool
	// Note is shown below, in small print.
	Note string
	// NoteAt is a time at the end of the note.
	NoteAt time.Time
}

// Text returns a cell of plain text.
func Text(text string) Cell { return Cell{Text: text} }

// Link returns a cell with a link. Without an address it is plain text.
func Link(text, href string) Cell { return Cell{Text: text, Href: href} }

// Status returns a cell with a word for a state, such as released, failed or
// pending, in the color of that state.
func Status(word string) Cell { return Cell{Text: word, Status: word} }

// Code returns a cell of text in a fixed-width font.
func Code(text string) Cell { return Cell{Text: text, Code: true} }

// When returns a cell with a time; it is empty for the zero time.
func When(at latch.Time) Cell { return Cell{At: at.Time} }

// With returns the cell with a note below it.
func (c Cell) With(note string) Cell {
	c.Note = note
	return c
}

// WithTime returns the cell with a note below it that ends with a time.
func (c Cell) WithTime(note string, at latch.Time) Cell {
	c.Note, c.NoteAt = note, at.Time
	return c
}

// Tone is the class of a status: good, bad or wait, or "" for a word without a
// color of its own.
func (c Cell) Tone() string { return toneOf(c.Status) }

// toneOf returns the color of a state. Color is never the only sign: the word
// is always shown as well.
func toneOf(status string) string {
	switch status {
	case latch.ResultPass, latch.StepDone, latch.Continue, latch.ReleaseReleased, latch.GatePassed, latch.JobSucceeded,
		latch.MeasuredSuccess, "enabled", "delivered", "healthy", "good":
		return "good"
	case latch.ResultFail, latch.StepFailed, latch.StepUndoFailed, latch.Stop, latch.Rollback, latch.ReleaseStopped,
		latch.ReleaseRolledBack, latch.JobTimedOut, latch.ByTerminated, latch.MeasuredFailure, "undelivered", "refused", "bad":
		return "bad"
	case latch.ResultPending, latch.ReleaseRunning, latch.MeasuredInconclusive, "paused", "disabled", "waiting", "retrying", "wait":
		return "wait"
	default:
		return ""
	}
}
