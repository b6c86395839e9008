package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

var severalWebhooks = showcase{
	title:  "Several webhooks on one job, each in its own format",
	source: mitto,
	says: `Multiple webhooks can be added to any job in Mitto, enabling complex use cases.
GET - request data from the URL; POST - send data to the URL
application/json, application/x-www-form-urlencoded, text/plain`,
	play: func(s *scene) {
		s.answers("/work", receiver.JSON(200, `{"rows":1234567890123456789,"note":"50% & more"}`))
		run := s.start(latch.WorkflowJobRun, "job-nightly-load", "Nightly load & check", severalJob(s.receiver.URL))

		asked := s.arrived("/calendar", 1)[0]
		require.Equal(s, http.MethodGet, asked.Method)
		require.Equal(s, url.Values{"job": {"Nightly load & check"}, "event": {latch.EventJobStart}}, asked.Query, "the GET's query")
		require.Empty(s, asked.Body, "a GET has no body")
		s.right("JOB_START asked by GET, its query escaped")

		form := s.arrived("/form", 1)[0]
		require.Equal(s, "application/x-www-form-urlencoded", form.Header.Get("Content-Type"))
		fields, err := url.ParseQuery(string(form.Body))
		require.NoError(s, err, "the form %s", form.Body)
		require.Equal(s, url.Values{"title": {"Nightly load & check"}, "note": {"50% & more"}, "code": {"0"}}, fields, "the form")
		s.right("JOB_COMPLETE sent a form, in which no value broke out of its field")

		note := s.arrived("/text", 1)[0]
		require.Equal(s, "text/plain", note.Header.Get("Content-Type"))
		require.Equal(s, "Nightly load & check: 1234567890123456789 rows", string(note.Body), "the text")
		s.right("JOB_SUCCESS sent text, the number with all its digits")

		s.checkDefaultBody(s.arrived("/json", 1)[0])
		s.job(run)
		require.Empty(s, s.receiver.Requests("/alarm"), "requests of JOB_FAILURE")
		require.Equal(s, []string{"/calendar", "/form", "/json", "/text", "/work"}, paths(s.receiver.Requests("")), "all requests")
		s.right("JOB_FAILURE sent nothing, and nothing was sent twice")
	},
}

// severalJob returns the case's job as JSON, as a service in any language would
// send it.
func severalJob(url string) json.RawMessage {
	return json.RawMessage(strings.ReplaceAll(`{
  "id": "nightly-load", "title": "Nightly load & check",
  "task": {"http": {"method": "GET", "url": "RECEIVER/work"}},
  "webhooks": [
    {"id": "calendar", "event": "JOB_START",    "method": "GET", "url": "RECEIVER/calendar?job=${job.title}&event=${event}"},
    {"id": "form",     "event": "JOB_COMPLETE", "url": "RECEIVER/form", "content_type": "application/x-www-form-urlencoded",
     "body": "title=${job.title}&note=${job.status.kvp.note}&code=${job.status.returncode}"},
    {"id": "text",     "event": "JOB_SUCCESS",  "url": "RECEIVER/text", "content_type": "text/plain",
     "body": "${job.title}: ${job.status.kvp.rows} rows"},
    {"id": "json",     "event": "JOB_SUCCESS",  "url": "RECEIVER/json"},
    {"id": "alarm",    "event": "JOB_FAILURE",  "url": "RECEIVER/alarm"}
  ]
}`, "RECEIVER", url))
}

// checkDefaultBody checks the body of a webhook that sets none.
func (s *scene) checkDefaultBody(request receiver.Request) {
	var body struct {
		Event   string
		Webhook struct{ ID string }
		Job     struct {
			ID     string
			Title  string
			Status struct {
				ReturnCode *int
				KVP        struct{ Rows json.Number }
			}
		}
		System struct{ FQDN string }
		Run    struct {
			WorkflowID string `json:"workflow_id"`
		}
	}
	s.decode(request.Body, &body)
	require.Equal(s, "application/json", request.Header.Get("Content-Type"))
	require.Equal(s, "JOB_SUCCESS json nightly-load stage.zuarbase.net job-nightly-load",
		fmt.Sprintf("%s %s %s %s %s", body.Event, body.Webhook.ID, body.Job.ID, body.System.FQDN, body.Run.WorkflowID), "the default body")
	require.Equal(s, 0, *body.Job.Status.ReturnCode, "job.status.returncode")
	require.Equal(s, json.Number("1234567890123456789"), body.Job.Status.KVP.Rows, "job.status.kvp.rows")
	s.right("JOB_SUCCESS sent JSON that tells all, for the webhook that gives no body")
}

// paths returns the paths of requests, sorted.
func paths(requests []receiver.Request) []string {
	var all []string
	for _, request := range requests {
		all = append(all, request.Path)
	}
	slices.Sort(all)
	return all
}
