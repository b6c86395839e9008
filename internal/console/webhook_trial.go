package console

import (
	"fmt"
	"net/http"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/console/piece"
	"github.com/latch-run/latch/internal/rawjson"
)

// testedField is the name of the field that selects the event of a test.
const testedField = "test_event"

// A hookTest is the result of testing a webhook.
type hookTest struct {
	Notice piece.Notice
	// Facts are about the delivery.
	Facts piece.Facts
	// Line, Headers and Body are those of the request, with secrets replaced by
	// their names.
	Line, Headers, Body string
	// Record contains the response; nil if nothing was sent.
	Record *piece.Record
}

// testHook sends one delivery of what was typed, and shows the request and the
// response. Nothing is saved.
func (v *visit) testHook() (*answer, error) {
	p := v.hookPlace()
	d := sentDraft(v.sent, p.ofJob())
	webhook, problems := d.object()
	if len(problems) > 0 {
		_, all, err := p.previewOf(d)
		if err != nil {
			return nil, err
		}
		return v.refuseHook(d, http.StatusUnprocessableEntity, func(form *piece.Form) { form.Refuse(all) })
	}
	test, err := p.test(webhook, d.Get(testedField))
	if err != nil {
		var form piece.Form
		status, other := v.refuse(&form, err)
		if other != nil {
			return nil, other
		}
		return v.refuseHook(d, status, func(form *piece.Form) { _, _ = v.refuse(form, err) })
	}
	return v.showHook(d, v.sent.Get("etag"), func(page *hookPage) error {
		page.Test = v.showTest(test)
		return nil
	})
}

// test sends one delivery of a webhook in this place.
func (p hookPlace) test(webhook latch.Object, event string) (*api.WebhookTest, error) {
	tried := p.tried(webhook)
	if event != "" {
		tried["event"] = rawjson.Encode(event)
	}
	var test api.WebhookTest
	if p.ofJob() {
		return &test, p.api.TestJobWebhook(p.request.Context(), p.job, tried, &test)
	}
	return &test, p.api.TestWebhook(p.request.Context(), tried, &test)
}

func (v *visit) showTest(test *api.WebhookTest) *hookTest {
	shown := &hookTest{Notice: piece.Notice{Tone: "bad", Title: "The test at " + test.Event + " failed", Text: test.Message}}
	switch test.Outcome {
	case api.TestDelivered:
		shown.Notice.Tone, shown.Notice.Title = "good", "The test at "+test.Event+" was delivered"
	case api.TestUnderWay:
		shown.Notice.Tone, shown.Notice.Title = "wait", "The test at "+test.Event+" is under way"
	case api.TestNoWorker:
		shown.Notice.Title = "The test at " + test.Event + " was not sent"
	}
	shown.Facts.Add("Delivery", piece.Code(test.DeliveryID))
	shown.Facts.Add("Workflow", piece.Link(test.WorkflowID, v.runURL(test.WorkflowID, test.RunID)))
	if request := test.Request; request != nil && test.Outcome != api.TestNoWorker {
		shown.Line, shown.Body = request.Method+" "+request.URL, request.Body
		shown.Headers = headerLines(request.Headers)
	}
	if test.Record != nil {
		record := piece.RecordOf("test-record", *test.Record)
		shown.Record = &record
	}
	return shown
}

// testedEvents returns the field that selects the event of the test, or nothing
// if the webhook has at most one event.
func (d *hookDraft) testedEvents() []piece.Group {
	var events []string
	for at := range d.events {
		if name := d.Get(eventField(at, "event")); name != "" {
			events = append(events, name)
		}
	}
	if len(events) < 2 {
		return nil
	}
	return []piece.Group{{Fields: []piece.Field{{Name: testedField, At: "event", Label: "Event of the test", Kind: piece.KindSelect, Value: d.Get(testedField),
		Help: fmt.Sprintf("The one of its %d events at which “Send a test” sends", len(events)), Options: piece.Options(events...)}}}}
}
