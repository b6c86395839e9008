package main

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

var failingReceiver = showcase{
	title:  "A receiver fails twice and then accepts",
	source: "Latch's own promise, at-least-once delivery",
	says: `5xx is retried. delivery_id is the same for every attempt of one delivery;
what is rendered is the same for every attempt, save attempt, timestamp and signature.`,
	play: func(s *scene) {
		s.answers("/flaky", receiver.Status(503), receiver.Status(500), receiver.JSON(200, `{"seen":true}`))
		run := s.start(latch.WorkflowJobRun, "job-retried", "Retried", latch.Job{
			ID: "retried", Title: "Retried", Task: s.work("/work"),
			Webhooks: []latch.Webhook{{
				ID: "flaky", URL: s.receiver.URL + "/flaky", Event: latch.EventJobSuccess,
				Retry: &latch.Retry{InitialInterval: latch.Duration(100 * time.Millisecond)},
			}},
		})
		record := s.checkAttempts(s.arrived("/flaky", 3), s.job(run).History)
		require.Equal(s, latch.ResultPass, record.Result, "the record's result")
		require.Equal(s, 3, record.Attempts, "the record's attempts")
		require.JSONEq(s, `true`, string(record.Data["seen"]), "what the receiver answered in the end")
		s.right("one delivery, three attempts, one record: %s at attempt %d", record.Result, record.Attempts)
	},
}

// checkAttempts checks that the requests are the attempts of one delivery, and
// returns its record, which must be the only one.
func (s *scene) checkAttempts(requests []receiver.Request, history []latch.Record) latch.Record {
	require.Len(s, history, 1, "the webhook history")
	for i, request := range requests {
		var body struct {
			DeliveryID string `json:"delivery_id"`
			Attempt    int    `json:"attempt"`
		}
		s.decode(request.Body, &body)
		require.Equal(s, history[0].DeliveryID, request.Header.Get("webhook-id"), "webhook-id of attempt %d", i+1)
		require.Equal(s, history[0].DeliveryID, body.DeliveryID, "delivery_id of attempt %d", i+1)
		require.Equal(s, i+1, body.Attempt, "the body's attempt")
	}
	s.right("all bear the delivery id %s, and the attempts 1, 2 and 3", history[0].DeliveryID)
	return history[0]
}
