package latch_test

import "testing"

// A mistyped value of a fixed set is refused with a suggestion, each mistake with its own, and
// without one if no value is similar.
func TestTheOneThatWasMeant(t *testing.T) {
	t.Parallel()
	const reserved = ": names that begin with JOB_ are reserved"
	hold(t, []rule{
		{"an event", "job", aJob(aHook(`"event":"JOB_SUCESS"`)),
			[]string{`webhooks[0].event: unknown event "JOB_SUCESS"` + reserved + `; did you mean "JOB_SUCCESS"?`}},
		{"several events", "job", aJob(aHook(`"events":[{"event":"JOB_STRAT"},{"event":"JOB_FAILUER"}]`)), []string{
			`webhooks[0].events[0].event: unknown event "JOB_STRAT"` + reserved + `; did you mean "JOB_START"?`,
			`webhooks[0].events[1].event: unknown event "JOB_FAILUER"` + reserved + `; did you mean "JOB_FAILURE"?`}},
		{"an event in another case", "job", aJob(aHook(`"event":"job-success"`)), []string{
			`webhooks[0].event: "job-success" is not an event: a name matches [A-Z][A-Z0-9_]*; did you mean "JOB_SUCCESS"?`}},
		{"an event that is none", "job", aJob(aHook(`"event":"done"`)),
			[]string{`webhooks[0].event: "done" is not an event: a name matches [A-Z][A-Z0-9_]*`}},
		{"several keys", "job", aJob(`"webhooks":[{"id":"w","ulr":"https://example.com/","evnts":[{"evnt":"JOB_START"}]}]`), []string{
			`webhooks[0].ulr: unknown key; did you mean "url"?`, `webhooks[0].evnts: unknown key; did you mean "events"?`,
			`webhooks[0].url: required, unless every event of the webhook is blocking: then only a lock is made, for a person to remove`,
			`webhooks[0].events: required: at least one event, here or as event`}},
		{"a method", "job", aJob(aHook(`"event":"JOB_START","method":"PSOT"`)), []string{
			`webhooks[0].method: "PSOT" is not one of POST, PUT, PATCH, DELETE, GET; did you mean "POST"?`}},
		{"a method that is none", "job", aJob(aHook(`"event":"JOB_START","method":"TRACE"`)),
			[]string{`webhooks[0].method: "TRACE" is not one of POST, PUT, PATCH, DELETE, GET`}},
		{"a preset, and nothing that follows of it", "job", aJob(aHook(`"event":"JOB_START","preset":"slakc"`)), []string{
			`webhooks[0].preset: "slakc" is not one of slack, discord, teams; did you mean "slack"?`}},
		{"a form of CloudEvents", "job", aJob(aHook(`"event":"JOB_START","method":"GET","cloudevents":"struktured"`)), []string{
			`webhooks[0].cloudevents: "struktured" is not one of binary, structured; did you mean "structured"?`}},
		{"policies", "release", aRelease(atEvent("BEFORE_RELEASE", `,"on_error":"contniue","on_timeout":"rolback"`)), []string{
			`webhooks[0].events[0].on_timeout: "rolback" is not one of continue, stop, rollback; did you mean "rollback"?`,
			`webhooks[0].events[0].on_error: "contniue" is not one of continue, stop, rollback; did you mean "continue"?`}},
	})
}

// An event that a skip or a history query names must be one that can exist.
func TestEventsThatAreAskedForCanBe(t *testing.T) {
	t.Parallel()
	const wrong = `event: unknown event "JOB_SUCESS": names that begin with JOB_ are reserved; did you mean "JOB_SUCCESS"?`
	hold(t, []rule{
		{"skip", "skip", `{"webhook":"w","event":"JOB_SUCESS","reason":"r"}`, []string{wrong}},
		{"skip at a custom event", "skip", `{"webhook":"w","event":"MINE","reason":"r"}`, nil},
		{"history", "history", `{"event":"JOB_SUCESS"}`, []string{wrong}},
		{"history of all", "history", `{"event":""}`, nil},
	})
}
