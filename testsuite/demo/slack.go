package main

import (
	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// slackBody is the body on Mitto's page, unchanged.
const slackBody = `{ 
  "text": "Job Complete!: ${system['fqdn']} - ${job['title']}\nhttps://${system['fqdn']}/#!/job/${job['id']}" 
}`

// slackText is the text that it becomes according to the page.
const slackText = `Job Complete!: stage.zuarbase.net - Webhooks!
https://stage.zuarbase.net/#!/job/22739`

var slackMessage = showcase{
	title:  "A job tells Slack that it completed",
	source: mitto,
	says:   "This webhook body translates to:\n" + slackText,
	play: func(s *scene) {
		s.answers("/slack", receiver.Answer{Body: "ok"}) // as Slack answers
		run := s.start(latch.WorkflowJobRun, "job-22739", "Webhooks!", latch.Job{
			ID: "22739", Title: "Webhooks!", Task: s.work("/work"),
			Webhooks: []latch.Webhook{{
				ID: "slack", URL: s.receiver.URL + "/slack", Event: latch.EventJobComplete, Body: text(slackBody),
			}},
		})
		s.arrived("/work", 1)
		message := s.arrived("/slack", 1)[0]
		result := s.job(run)

		var sent map[string]string
		s.decode(message.Body, &sent)
		require.Equal(s, map[string]string{"text": slackText}, sent, "the message to Slack")
		require.Equal(s, "application/json", message.Header.Get("Content-Type"))
		s.right("the text is the page's, to the letter:\n%s", sent["text"])

		require.Len(s, result.History, 1, "the job's webhook history")
		record := result.History[0]
		require.Equal(s, latch.ResultPass, record.Result, "the record's result")
		require.Equal(s, message.Header.Get("webhook-id"), record.DeliveryID, "the record's delivery id")
		s.right("the job's webhook history has it: %s, %s at attempt %d", record.DeliveryID, record.Result, record.Attempts)
	},
}

// work returns a task that the receiver performs at a path.
func (s *scene) work(path string) *latch.Task {
	return &latch.Task{HTTP: &latch.HTTPTask{URL: s.receiver.URL + path}}
}
