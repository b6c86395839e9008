package latch_test

import "testing"

// The preset must be known, and the message is the user's own.
func TestPresetValidation(t *testing.T) {
	t.Parallel()
	hook := func(rest string) string { return aJob(aHook(rest)) }
	hold(t, []rule{
		{"slack", "job", hook(`"event":"JOB_SUCCESS","preset":"slack","body":{"text":"done"}`), nil},
		{"an event's body", "job", hook(`"events":[{"event":"JOB_SUCCESS","body":{"text":"done"}}],"preset":"teams"`), nil},
		{"unknown", "job", hook(`"event":"JOB_SUCCESS","preset":"irc","body":{"text":"done"}`),
			[]string{`webhooks[0].preset: "irc" is not one of slack, discord, teams`}},
		{"no body", "job", hook(`"event":"JOB_SUCCESS","preset":"discord"`),
			[]string{`webhooks[0].body: required with preset discord: the message as it takes it`}},
		{"no body at an event", "job", hook(`"events":[{"event":"JOB_SUCCESS"}],"preset":"discord"`),
			[]string{`webhooks[0].events[0].body: required, here or at the webhook, with preset discord: the message as it takes it`}},
		{"a form", "job", hook(`"event":"JOB_SUCCESS","preset":"slack","body":"payload=x","content_type":"application/x-www-form-urlencoded"`),
			[]string{`webhooks[0].preset: slack takes JSON by POST; leave out method and content_type`}},
	})
}
