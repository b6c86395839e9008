package latch_test

import "testing"

// CloudEvents are sent in one of two modes, and Latch sets their attributes.
func TestCloudEventsValidation(t *testing.T) {
	t.Parallel()
	hook := func(rest string) string { return aJob(aHook(`"event":"JOB_SUCCESS",` + rest)) }
	hold(t, []rule{
		{"binary", "job", hook(`"cloudevents":"binary","headers":{"ce-tenant":"a"}`), nil},
		{"structured text", "job", hook(`"cloudevents":"structured","content_type":"text/plain","body":"x"`), nil},
		{"unknown mode", "job", hook(`"cloudevents":"batched"`), []string{`webhooks[0].cloudevents: "batched" is not one of binary, structured`}},
		{"GET", "job", hook(`"cloudevents":"binary","method":"GET"`), []string{`webhooks[0].cloudevents: a GET request bears no event`}},
		{"with a preset", "job", hook(`"cloudevents":"binary","preset":"slack","body":{"text":"x"}`),
			[]string{`webhooks[0].cloudevents: slack takes messages of its own; give either preset or cloudevents`}},
		{"its type by hand", "job", hook(`"cloudevents":"structured","content_type":"application/cloudevents+json"`),
			[]string{`webhooks[0].content_type: application/cloudevents+json is set by cloudevents; give that of the event's data`}},
		{"an attribute by hand", "job", hook(`"cloudevents":"binary","headers":{"ce-id":"1"}`),
			[]string{`webhooks[0].cloudevents: the header ce-id cannot be set by hand: Latch sets it`}},
		{"without it", "job", hook(`"headers":{"ce-id":"1"}`), nil},
	})
}
