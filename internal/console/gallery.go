package console

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/console/piece"
)

// A gallery shows each piece by itself, with made-up data.
type gallery struct {
	Notices []piece.Notice
	List    piece.List
	Empty   piece.List
	Facts   piece.Facts
	Form    piece.Form
	Filter  piece.Form
	Confirm piece.Confirmation
	Bars    piece.Chart
	Lines   piece.Chart
	NoChart piece.Chart
	// Measured has measurements with numbers, and some without.
	Measured []piece.Measurements
	Picture  piece.Picture
	Record   piece.Record
	Source   piece.Source
}

// gallery shows all pieces.
func (v *visit) gallery() (*answer, error) { return show("Gallery", "gallery", v.exhibits()), nil }

// galleryRefuse shows the form as it looks after a refusal.
func (v *visit) galleryRefuse() (*answer, error) {
	data := v.exhibits()
	data.Form.Fill(v.sent)
	data.Form.Refuse(latch.Problems{{Path: "url", Message: "is not an http or https URL"},
		{Path: "retry.limit", Message: "has to be at least 1"}, {Path: "", Message: "something else is wrong"}})
	made := show("Gallery", "gallery", data)
	made.status = http.StatusUnprocessableEntity
	return made, nil
}

// galleryConfirm does nothing and says so.
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
		Filter: piece.Form{ID: "sift", Groups: []piece.Group{{Fields: []piece.Field{{Name: "name", Label: "Name", Kind: piece.KindSearch, Value: "shop", Help: "its id"},
			{Name: "state", Label: "State", Kind: piece.KindSelect, Options: piece.Options("", "running")}}}}, Buttons: []piece.Button{{Name: "show", Label: "Filter"}}},
		Confirm: piece.Confirmation{Title: "Stop the release?", Effect: "The release stops here, and nothing is undone.",
			Items: []string{"migrate stays"}, Form: v.form("confirm"), Back: v.link("/console/gallery")},
	}
	data.Bars, data.Lines = exhibitCharts(at)
	data.Measured = exhibitMeasurements(at)
	data.NoChart = piece.Chart{ID: "no-chart", Name: "Deliveries", Empty: "Nothing was sent in this time."}
	data.Picture, data.Record = exhibitPicture(), exhibitRecord(at)
	data.Source = piece.SourceOf("source", "What is wrong in the file", "id: shop-4.2\nsteps:\n  - name: migrate\n    do: {}\n",
		latch.Problems{{Path: "steps[0].do", Message: "has no task", Line: 4, Column: 5}})
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

func exhibitCharts(at latch.Time) (bars, lines piece.Chart) {
	bars = piece.Chart{ID: "bars", Name: "Deliveries by outcome", Series: []piece.Series{{Name: "delivered", Tone: "good"}, {Name: "failed", Tone: "bad"}}}
	lines = piece.Chart{ID: "lines", Name: "Latency", Lines: true, Unit: " ms", Series: []piece.Series{{Name: "median"}, {Name: "slowest", Tone: "wait"}}}
	for i := range 24 {
		when, n := at.Add(time.Duration(i)*time.Hour), float64(i*7%11)
		bars.Points = append(bars.Points, piece.Point{At: when, Values: []float64{10 + n, float64(i % 4)}})
		if lines.Points = append(lines.Points, piece.Point{At: when, Values: []float64{40 + n, 80 + 9*n}}); i == 9 {
			lines.Points[i].Values[0] = math.NaN()
		}
	}
	return bars, lines
}

func exhibitMeasurements(at latch.Time) []piece.Measurements {
	rates := piece.Measurements{ID: "rates", Name: "error-rate at AFTER_STEP", Total: 24}
	states := piece.Measurements{ID: "states", Name: "smoke at AFTER_STEP", Total: 240}
	for i := range 24 {
		made := latch.Measurement{At: latch.NewTime(at.Add(time.Duration(i) * time.Minute)), Result: latch.MeasuredSuccess}
		state, rate := made, made
		state.Value, rate.Value = "ok", fmt.Sprintf(`{"rate":%.3f}`, .004+float64(i*7%11)/1000)
		switch i % 8 {
		case 3:
			state.Result, state.Value = latch.MeasuredFailure, "broken"
			rate.Result, rate.Value = latch.MeasuredFailure, `{"rate":0.061}`
		case 5:
			state.Result, state.Value, state.Error = latch.MeasuredError, "", "connection refused"
			rate.Result, rate.Value, rate.Error = latch.MeasuredError, "<h1>busy</h1>", "the endpoint answers 503"
		case 7:
			state.Result, state.Value = latch.MeasuredInconclusive, "slow"
			rate.Result, rate.Value = latch.MeasuredInconclusive, `{"rate":0.03}`
		}
		states.Made, rates.Made = append(states.Made, state), append(rates.Made, rate)
	}
	return []piece.Measurements{rates, states}
}

func exhibitPicture() piece.Picture {
	return piece.Picture{ID: "way", Name: "The way of the release", Describe: "The step migrate is done, switch waits, and what would be undone is migrate.",
		Width: 620, Height: 170,
		Arrows: []piece.Arrow{{Points: []int{170, 50, 220, 50}, Look: piece.LookDone}, {Points: []int{370, 50, 420, 50}, Look: piece.LookLater},
			{Points: []int{295, 80, 295, 110}, Look: piece.LookUndo, Text: "if it is rolled back"}},
		Boxes: []piece.Box{{X: 20, Y: 20, Width: 150, Height: 60, Text: "migrate", Note: "done", Tone: "good", Look: piece.LookDone},
			{X: 220, Y: 20, Width: 150, Height: 60, Text: "BEFORE_STEP switch", Note: "waits for board", Tone: "wait", Look: piece.LookNow, Href: "?"},
			{X: 420, Y: 20, Width: 150, Height: 60, Text: "switch", Look: piece.LookLater},
			{X: 220, Y: 110, Width: 150, Height: 44, Text: "undo migrate", Look: piece.LookUndo}}}
}

func exhibitRecord(at latch.Time) piece.Record {
	shown := piece.RecordOf("record", latch.Record{DeliveryID: "dlv_0123456789", Webhook: "board", Event: latch.EventBeforeRelease, Result: latch.ResultFail,
		Decision: latch.Stop, Attempts: 2, StartedAt: at, CompletedAt: at, DurationMS: 2310, Error: "the endpoint answers 503",
		Data:     latch.Object{"result": json.RawMessage(`"fail"`), "build": json.RawMessage(`1.10`)},
		Request:  &latch.RecordRequest{Method: "POST", URL: "https://hooks.example.com/…", ContentType: "application/json", Bytes: 412},
		Response: &latch.RecordResponse{Status: 503, Headers: map[string]string{"Retry-After": "2"}, Body: "<h1>busy</h1>"},
		Tries: []latch.RecordTry{{Number: 1, StartedAt: at, DurationMS: 210, Error: "connection refused", RetryInMS: 2000},
			{Number: 2, StartedAt: at, DurationMS: 95, Status: 503, Address: "192.0.2.7:443"}}})
	shown.Open = true
	return shown
}
