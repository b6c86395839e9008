package console

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/console/piece"
	"github.com/latch-run/latch/internal/counted"
	dlv "github.com/latch-run/latch/internal/deliveries"
	"github.com/latch-run/latch/internal/mitto"
)

// deliveryPage is the data of the page of one delivery.
type deliveryPage struct {
	Facts   piece.Facts
	Missing string
	// Records are the delivery's own record and those of its redeliveries.
	Records []piece.Record
	// Again is the form that redelivers it; nil for callers who may not, while
	// it is being sent, and if it was never sent.
	Again *piece.Form
	// Refused says why it was not redelivered just now.
	Refused *piece.Notice
}

// deliveryLink returns the address of a delivery's page. The address contains
// the run that fired it, because not every delivery id does.
func (v *visit) deliveryLink(record *latch.Record) string {
	return v.link(deliveriesPath+"/"+segment(record.DeliveryID), "workflow_id", record.WorkflowID, "run_id", record.RunID)
}

// delivery shows one delivery and its redeliveries.
func (v *visit) delivery() (*answer, error) {
	var found dlv.Delivery
	err := v.api.Delivery(v.request.Context(), v.path("id"), v.query.Get("workflow_id"), v.query.Get("run_id"), &found)
	if err != nil {
		return nil, err
	}
	first := &found.Records[0]
	now, data := stateOf(&found), deliveryPage{}
	data.Facts.Add("Delivery", piece.Code(first.DeliveryID))
	data.Facts.Add("Status", now)
	data.Facts.Add("Webhook", piece.Link(first.Webhook, v.webhookOf(first)).With("at "+first.Event))
	data.Facts.Add("Others like it", piece.Link("deliveries of this webhook", v.link(deliveriesPath, "webhook", first.Webhook)))
	data.Facts.Add("Of", v.firedBy(first))
	data.Facts.Add("Run in Temporal UI", piece.Link(first.WorkflowID, v.runURL(first.WorkflowID, first.RunID)))
	data.Facts.Add("Sent again", piece.Text(counted.Times(len(found.Records)-1)))
	for i := range found.Records {
		shown := piece.RecordOf(fmt.Sprint("record-", i), found.Records[i])
		shown.Open = i == len(found.Records)-1
		shown.Title.Text = "First sending"
		if count := found.Records[i].Redelivery; count > 0 {
			shown.Title.Text = fmt.Sprint("Redelivery ", count)
		}
		data.Records = append(data.Records, shown)
	}
	if found.Unanswered > 0 {
		data.Missing = fmt.Sprintf("Redeliveries that are missing here, because no worker answered for them: %d.", found.Unanswered)
	}
	sent := slices.ContainsFunc(found.Records, func(record latch.Record) bool { return record.Attempts > 0 })
	if sent && !found.UnderWay && v.may(api.RoleRun) {
		form := v.againForm("again", first)
		data.Again = &form
	}
	made := show("Delivery to "+first.Webhook+": "+now.Text, "delivery", data)
	made.said = "The delivery to " + first.Webhook + " is " + now.Text
	return made, nil
}

// redeliver redelivers the delivery and shows its page again, with the reason
// if the API refused.
func (v *visit) redeliver() (*answer, error) {
	of := latch.Record{DeliveryID: v.path("id"), WorkflowID: v.sent.Get("workflow"), RunID: v.sent.Get("run")}
	var started dlv.Redelivery
	refused := v.api.Redeliver(v.request.Context(), of.DeliveryID, of.WorkflowID, of.RunID, &started)
	if refused == nil {
		return v.goTo(v.deliveryLink(&of), "The delivery is being sent again, by "+started.WorkflowID+"."), nil
	}
	form := v.form("again")
	status, err := v.refuse(&form, refused)
	if err != nil {
		return nil, err
	}
	made, err := v.delivery()
	if err != nil {
		return nil, refused
	}
	data := made.data.(deliveryPage)
	data.Refused = &piece.Notice{Tone: "bad", Title: "It was not sent again"}
	for _, each := range form.Problems {
		data.Refused.Items = append(data.Refused.Items, each.Message)
	}
	made.data, made.status = data, status
	return made, nil
}

// stateOf returns the state of a delivery by its last record.
func stateOf(found *dlv.Delivery) piece.Cell {
	last := &found.Records[len(found.Records)-1]
	if found.UnderWay && !last.Lock.Open() {
		return piece.Cell{Text: "on its way", Status: "wait"}
	}
	return outcomeCell(last)
}

// firedBy returns a link to the release, job or workflow that fired a delivery.
func (v *visit) firedBy(record *latch.Record) piece.Cell {
	switch {
	case record.Release != "":
		return piece.Link(record.Release, v.link(releasePath(record.WorkflowID))).With("release")
	case record.Job != "":
		return piece.Link(record.Job, v.jobLink(record.Job)).With("job")
	default:
		return piece.Link(record.WorkflowID, v.runURL(record.WorkflowID, record.RunID)).With("workflow")
	}
}

// webhookOf returns the address of the page of a delivery's webhook: a
// registered webhook, or one of its job. It is "" for any other, such as one in
// a release's file.
func (v *visit) webhookOf(record *latch.Record) string {
	if address, known := v.webhooksOf[record.Webhook]; known {
		return address
	}
	address := ""
	number := strconv.FormatInt(mitto.WebhookID(record.Job, record.Webhook), 10) // the API identifies a job's webhook by this number
	registered, ofJob := hookPlace{v, "", record.Webhook}, hookPlace{v, record.Job, number}
	if _, _, err := registered.load(); err == nil {
		address = v.link(webhooksPath + "/" + segment(record.Webhook))
	} else if record.Job != "" {
		if _, _, err := ofJob.load(); err == nil {
			address = v.link(jobsPath + "/" + segment(record.Job) + "/webhooks/" + number)
		}
	}
	if address != "" { // a missing webhook may be created later, so only addresses are kept
		v.webhooksOf = map[string]string{record.Webhook: address}
	}
	return address
}

// againForm returns the form that redelivers a delivery.
func (v *visit) againForm(id string, record *latch.Record) piece.Form {
	form := v.form(id)
	form.Hidden = []piece.Hidden{{Name: "workflow", Value: record.WorkflowID}, {Name: "run", Value: record.RunID}}
	form.Buttons = []piece.Button{{Value: "again", Label: "Send again", Look: piece.LookFirst,
		Help: "The same request, under the same delivery id. It no longer decides anything."}}
	return form
}
