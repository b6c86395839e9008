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
		{"buttons in slack", "release", chatted(`"preset":"slack","interactive":true`), nil},
		{"buttons in teams", "release", chatted(`"preset":"teams","interactive":true`), nil},
		{"no buttons", "release", chatted(`"preset":"discord","interactive":false`), nil},
		{"buttons in discord", "release", chatted(`"preset":"discord","interactive":true`),
			[]string{`webhooks[0].interactive: true needs preset slack or teams, not discord: their messages can have buttons`}},
		{"buttons nowhere", "release", chatted(`"interactive":true`),
			[]string{`webhooks[0].interactive: true needs preset slack or teams, and there is none: their messages can have buttons`}},
		{"buttons for nothing", "job", hook(`"event":"JOB_START","preset":"slack","interactive":true,"body":{"text":"done"}`),
			[]string{`webhooks[0].interactive: true needs an event with "blocking": true: its buttons decide about a lock, and no event of this webhook makes one`}},
		{"buttons of an unknown chat", "release", chatted(`"preset":"slakc","interactive":true`),
			[]string{`webhooks[0].preset: "slakc" is not one of slack, discord, teams; did you mean "slack"?`}},
	})
}

// chatted is a release that a chat's webhook with the rest holds.
func chatted(rest string) string {
	return aRelease(`"webhooks":[{"id":"chat","url":"https://chat.example.com/","body":{"text":"Go?"},"events":[{"event":"BEFORE_RELEASE","blocking":true},{"event":"RELEASE_SUCCESS"}],` + rest + `}]`)
}
