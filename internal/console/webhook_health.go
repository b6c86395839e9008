package console

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/console/piece"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/mitto"
)

// healthRecords is the number of recent deliveries that a webhook's health is
// based on.
const healthRecords = 50

// hookHealth summarizes a registered webhook's recent deliveries, and says how
// to rotate its secret.
func (v *visit) hookHealth(webhook latch.Object, id string) (piece.Facts, error) {
	var facts piece.Facts
	enabled := string(webhook["enabled"]) != "false"
	facts.Add("State", piece.Status(map[bool]string{true: "enabled", false: "disabled"}[enabled]))
	if err := addEndpoint(&facts, webhook["endpoint"]); err != nil {
		return nil, err
	}
	var part api.WebhookHistory
	err := v.api.WebhookHistory(v.request.Context(), id, "", "", healthRecords, &part)
	var problem *apiclient.Problem
	switch {
	case errors.As(err, &problem) && problem.Status == http.StatusNotImplemented:
		facts.Add("Health", piece.Text(problem.Detail))
	case err != nil:
		return nil, err
	default:
		addHealth(&facts, part.Records)
	}
	if name := textOf(webhook["secret"]); name != "" {
		facts.Add("Secret", piece.Code(name).With("Its value is with the workers. To rotate it, write the new value in a line above the old one there: requests are then signed with both. "+
			"Take the old line away when the receiver knows the new value."))
	}
	return facts, nil
}

// addEndpoint shows the state of an endpoint that fails or is disabled. encoded is
// the key "endpoint" of a registered webhook, which is missing while it works.
func addEndpoint(facts *piece.Facts, encoded json.RawMessage) error {
	if isNothing(encoded) {
		return nil
	}
	var state latch.EndpointState
	if err := json.Unmarshal(encoded, &state); err != nil {
		return fmt.Errorf("read the state of the webhook's endpoint: %w", err)
	}
	note := fmt.Sprintf("%d failed attempts in a row, since", state.Count)
	facts.Add("Endpoint", piece.Cell{Text: state.State, Status: "bad"}.WithTime(note, state.Since))
	if state.Disabled() {
		facts.Add("Next try", piece.Text("Nothing else is sent until it works: what comes is kept, and can be sent then.").WithTime("at", state.ProbeAt))
	}
	if state.LastError != "" {
		facts.Add("Last failed attempt", piece.Text(state.LastError))
	}
	return nil
}

// addHealth counts the records that were delivered and that failed, ignoring
// those in progress. records are sorted, the newest first.
func addHealth(facts *piece.Facts, records []latch.Record) {
	var arrived, failed int
	var last, since *latch.Record
	for i := range records {
		switch record := &records[i]; {
		case record.Result == latch.ResultPending || record.CompletedAt.IsZero():
		case record.Error == "":
			arrived++
		default:
			failed++
			if last == nil {
				last = record
			}
			if arrived == 0 {
				since = record
			}
		}
	}
	switch settled := arrived + failed; {
	case settled == 0:
		facts.Add("Health", piece.Text("Nothing was sent yet"))
		return
	case failed == 0:
		facts.Add("Health", piece.Status("healthy").With(fmt.Sprintf("all of the last %d deliveries arrived", settled)))
	case since != nil:
		facts.Add("Health", piece.Cell{Text: "failing", Status: "bad"}.WithTime(fmt.Sprintf("%d of the last %d deliveries arrived; none since", arrived, settled), since.StartedAt))
	default:
		facts.Add("Health", piece.Cell{Text: "working", Status: "good"}.With(fmt.Sprintf("%d of the last %d deliveries arrived, the newest one too", arrived, settled)))
	}
	if last != nil {
		facts.Add("Last error", piece.Text(excerpt.Of(last.Error, maximumValue)).WithTime("at "+last.Event+",", last.CompletedAt))
	}
}

// sentByJob returns the address of the deliveries of a job's webhook. If no
// client of Mitto created the webhook, its number is not its id in records, and
// the address is that of all deliveries of the job's webhooks.
func (p hookPlace) sentByJob() string {
	webhook := ""
	if number, err := strconv.ParseInt(p.id, 10, 64); err == nil && mitto.JobOfWebhook(number) == p.job {
		webhook = p.id
	}
	return p.link(deliveriesPath, "job", p.job, "webhook", webhook)
}

// ownSwitch returns the form that enables or disables this page's webhook.
func (v *visit) ownSwitch(webhook latch.Object, id, etag string) *piece.Form {
	if !v.may(api.RoleAdmin) {
		return nil
	}
	form := v.form("switch")
	form.Hidden = []piece.Hidden{{Name: "id", Value: id}, {Name: "etag", Value: etag}}
	form.Buttons = []piece.Button{{Value: "enable", Label: "Enable the webhook"}}
	if string(webhook["enabled"]) != "false" {
		form.Buttons = []piece.Button{{Value: "disable", Label: "Disable the webhook", Help: "It is not sent for runs that start from now on; what waits to be sent again ends."}}
	}
	return &form
}
