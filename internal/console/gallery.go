package console

import (
	"net/http"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/console/piece"
)

// A gallery shows each piece alone, with data that is made up here.
type gallery struct {
	Notices []piece.Notice
	List    piece.List
	Empty   piece.List
	Facts   piece.Facts
	Form    piece.Form
	Confirm piece.Confirmation
}

// gallery shows the pieces.
func (v *visit) gallery() (*answer, error) { return show("Gallery", "gallery", v.exhibits()), nil }

// galleryRefuse shows the form as it stands after a refusal.
func (v *visit) galleryRefuse() (*answer, error) {
	data := v.exhibits()
	data.Form.Fill(v.sent)
	data.Form.Refuse(latch.Problems{{Path: "url", Message: "is not an http or https URL"},
		{Path: "retry.limit", Message: "has to be at least 1"}, {Path: "", Message: "something else is wrong"}})
	made := show("Gallery", "gallery", data)
	made.status = http.StatusUnprocessableEntity
	return made, nil
}

// galleryConfirm does nothing, and says so.
func (v *visit) galleryConfirm() (*answer, error) {
	return v.goTo(v.link("/console/gallery"), "Nothing was done, as was promised."), nil
}

func (v *visit) exhibits() gallery {
	at := latch.NewTime(time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC))
	data := gallery{
		Notices: []piece.Notice{{Title: "A plain word", Text: "It is only said."}, {Tone: "good", Text: "It was done."},
			{Tone: "wait", Title: "Temporal is out of reach", Text: "What runs goes on."}, {Tone: "bad", Text: "It was refused.", Items: []string{"id: is missing"}}},
		List: piece.List{ID: "exhibit", Name: "Entries", Columns: []string{"Name", "State", "Since"}, Count: piece.Count(2, 40, true),
			First: "?", Next: "?cursor=next", Lag: "An entry shows here a moment later."},
		Empty: piece.List{ID: "nothing", Name: "No entries", Count: piece.Count(0, 0, false), Empty: "There is nothing here."},
		Form:  v.exhibitForm(),
		Confirm: piece.Confirmation{Title: "Stop the release?", Effect: "The release stops here, and nothing is undone.",
			Items: []string{"migrate stays"}, Form: v.form("confirm"), Back: v.link("/console/gallery")},
	}
	data.Confirm.Form.Buttons = []piece.Button{{Value: "confirm", Label: "Yes: stop the release", Look: piece.LookGrave}}
	for _, state := range []string{latch.ReleaseReleased, latch.ReleaseRunning, latch.ReleaseFailed} {
		data.List.Rows = append(data.List.Rows, piece.Row{Key: state, Cells: []piece.Cell{
			piece.Link("Release "+state, "?").With("4.2"), piece.Status(state), piece.When(at)}})
	}
	data.Facts.Add("Since", piece.When(at))
	data.Facts.Add("URL", piece.Code("https://hooks.example.com/…"))
	data.Facts.Add("State", piece.Status("paused").WithTime("since", at))
	return data
}

func (v *visit) exhibitForm() piece.Form {
	form := v.form("sample", piece.Group{Fields: []piece.Field{
		{Name: "url", Label: "URL", Required: true, Help: "http or https", Value: "https://hooks.example.com/"},
		{Name: "event", Label: "Event", Kind: piece.KindSelect, Options: piece.Options(latch.EventBeforeRelease, latch.EventAfterStep)},
		{Name: "body", Label: "Body", Kind: piece.KindCode, Value: "{\"id\": ${release.id}}"},
		{Name: "enabled", Label: "Enabled", Kind: piece.KindCheck, Value: "true"},
	}}, piece.Group{Legend: "More settings", Folded: true, Fields: []piece.Field{
		{Name: "attempts", At: "retry", Label: "Attempts", Kind: piece.KindNumber, Value: "3"},
	}})
	form.Buttons = []piece.Button{{Value: "refuse", Label: "Save", Look: piece.LookFirst, Help: "It is refused, so that the form shows what is wrong."}}
	return form
}
