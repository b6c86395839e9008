package piece

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/latch-run/latch"
)

// A Record shows one delivery: the request, the response, each attempt, and the
// decision.
type Record struct {
	// ID is unique in the page.
	ID string
	// Title is the webhook with its event, Result the delivery's result.
	Title, Result Cell
	Facts         Facts
	Request       Facts
	Answer        Facts
	// AnswerBody is the body of the response, as far as it was kept.
	AnswerBody string
	// Data is the data that the record's expressions were evaluated on, as
	// JSON.
	Data string
	// Measured are the measurements of an analysis, which has no Tries.
	Measured Measurements
	Tries    List
	// Open shows the record unfolded.
	Open bool
	// Forms are the actions on the delivery.
	Forms []Form
}

// RecordOf returns the piece that shows a record. id must be unique in the
// page. The page adds links to Facts and actions to Forms.
func RecordOf(id string, r latch.Record) Record {
	title := Text(r.Webhook).With("at " + r.Event)
	if r.Step != "" {
		title.Note += ", step " + r.Step
	}
	shown := Record{ID: id, Title: title, Result: Status(r.Result), Measured: measurementsOf(id, r)}
	if len(r.Measurements) == 0 {
		shown.Tries = triesOf(id, r)
	}
	shown.Facts.addDecision(r)
	shown.Facts.addLock(r.Lock)
	shown.Facts.Add("Delivery", Code(r.DeliveryID))
	shown.Facts.Add("Began", When(r.StartedAt))
	shown.Facts.Add("Ended", When(r.CompletedAt))
	if !r.CompletedAt.IsZero() {
		shown.Facts.Add("Took", Text(Span(r.DurationMS)))
	}
	shown.Facts.Add("Goes on in", code(r.HandedTo))
	if r.Redelivery > 0 {
		shown.Facts.Add("Sent again", Text(fmt.Sprintf("%d times", r.Redelivery)))
	}
	if r.Truncated {
		shown.Facts.Add("Cut", Text("A body or data was cut to keep the run's history in bounds."))
	}
	if r.Request != nil {
		shown.Request.Add("Request", Code(strings.TrimSpace(r.Request.Method+" "+r.Request.URL)))
		shown.Request.Add("Content type", code(r.Request.ContentType))
		shown.Request.Add("Size", Text(fmt.Sprintf("%d bytes", r.Request.Bytes)))
	}
	if r.Response != nil {
		shown.Answer.Add("Status", answerStatus(r.Response.Status))
		for _, name := range slices.Sorted(maps.Keys(r.Response.Headers)) {
			shown.Answer.Add(name, Code(r.Response.Headers[name]))
		}
		shown.AnswerBody = r.Response.Body
	}
	shown.Data = Object(r.Data)
	return shown
}

// NotActedOn says what counts of a hook with enforce false.
const NotActedOn = "What this hook decides is recorded and not acted on (enforce: false)."

func (f *Facts) addDecision(r latch.Record) {
	if r.Error != "" {
		f.Add("Error", Cell{Text: r.Error, Status: "bad"})
	}
	if r.Decision != "" {
		f.Add("Decision", Status(r.Decision))
	}
	if r.WouldDecide != "" {
		f.Add("Would decide", Status(r.WouldDecide).With(NotActedOn))
	}
	f.Add("Rule", code(r.Rule))
	if r.Enforced {
		f.Add("Enforced", Text("by a registered webhook that no release may leave out"))
	}
}

func (f *Facts) addLock(lock *latch.RecordLock) {
	switch {
	case lock == nil:
		return
	case lock.Open():
		f.Add("Lock", Status("waiting"))
		return
	}
	by := "removed"
	if lock.RemovedBy != "" {
		by += " by " + lock.RemovedBy
	}
	f.Add("Lock", Text(by+" via "+lock.Way()).WithTime("", lock.RemovedAt))
	if lock.Reason != "" {
		f.Add("Reason", Text(lock.Reason))
	}
}

// triesOf lists the attempts, the first one first.
func triesOf(id string, r latch.Record) List {
	list := List{ID: id + "-tries", Name: "Attempts", Count: Count(len(r.Tries), r.Attempts, false),
		Columns: []string{"Attempt", "Began", "Took", "Answer", "Then"}, Empty: "There was no attempt yet."}
	for _, try := range r.Tries {
		answer := answerStatus(try.Status)
		if try.Error != "" {
			answer = answer.With(try.Error)
		}
		then := Cell{}
		if try.RetryInMS > 0 {
			then = Text("again in " + Span(try.RetryInMS))
		}
		took := Text(Span(try.DurationMS)).With(try.Address)
		list.Rows = append(list.Rows, Row{Key: fmt.Sprint(try.Number), Cells: []Cell{Text(fmt.Sprint(try.Number)), When(try.StartedAt), took, answer, then}})
	}
	return list
}

// answerStatus returns the cell for an HTTP status; 0 means that there was no
// response.
func answerStatus(status int) Cell {
	switch {
	case status == 0:
		return Cell{Text: "no answer", Status: "bad"}
	case status/100 == 2:
		return Cell{Text: fmt.Sprint(status), Status: "good"}
	default:
		return Cell{Text: fmt.Sprint(status), Status: "bad"}
	}
}

// code returns a cell of code; it is empty for an empty text.
func code(text string) Cell {
	if text == "" {
		return Cell{}
	}
	return Code(text)
}

// Span formats milliseconds for readers, such as "320 ms" or "2m10s".
func Span(milliseconds int64) string {
	if milliseconds < 1000 {
		return fmt.Sprintf("%d ms", milliseconds)
	}
	span := time.Duration(milliseconds) * time.Millisecond
	if span < time.Minute {
		return span.Round(10 * time.Millisecond).String()
	}
	return span.Round(time.Second).String()
}
