package latch_test

import (
	"strings"
	"testing"
)

// Contract, "Reminders and escalation": whatever could never take place, or would change nothing,
// is told with its path, all at once.
func TestRemindersAndEscalation(t *testing.T) {
	t.Parallel()
	at := func(settings string) string {
		return aRelease(`"webhooks":[{"id":"w","events":[{"event":"BEFORE_RELEASE","blocking":true,` + settings + `}]}]`)
	}
	const event = "webhooks[0].events[0]."
	const sre = `"approvals":[{"groups":["sre"]},{}],`
	hold(t, []rule{
		{"all of it", "release", at(sre + `"lock_timeout":"48h","remind":["1ms","2h","47h59m"],"escalate":{"after":"24h","groups":["leads"],"users":["ann"]}`), nil},
		{"waits for ever", "release", at(`"remind":["2h","87600h"]`), nil},
		{"of an analysis that asks", "release", aRelease(`"webhooks":[{"id":"w","analysis":{"http":{"url":"https://example.com/"},"success":"true"},
			"events":[{"event":"BEFORE_RELEASE","remind":["2h"]}]}]`), nil},
		{"of an analysis that asks nobody", "release",
			aRelease(`"webhooks":[{"id":"w","analysis":{"http":{"url":"https://example.com/"},"success":"true","inconclusive":"stop"},
			"events":[{"event":"BEFORE_RELEASE","remind":["2h"]}]}]`),
			[]string{event + `remind: needs blocking true: a hook that does not block has no lock to remind of`}},
		{"does not block", "release", aRelease(`"webhooks":[{"id":"w","url":"https://example.com/","events":[{"event":"AFTER_STEP","remind":["2h"]}]}]`),
			[]string{event + `remind: needs blocking true: a hook that does not block has no lock to remind of`}},
		{"no times", "release", at(`"remind":[]`),
			[]string{event + `remind: is empty: give at least one time after the lock was opened, such as ["2h"], or leave it out`}},
		{"too many", "release", at(`"remind":["1h"` + strings.Repeat(`,"2h"`, 10) + `]`),
			[]string{event + `remind: there are 11; the limit is 10`}},
		{"no durations", "release", at(`"remind":["1d",2]`), []string{
			event + `remind[0]: must be a Go duration such as "90s" or "4h", not "1d"`, event + `remind[1]: must be a Go duration such as "90s" or "4h", not 2`}},
		{"times that are none", "release", at(`"lock_timeout":"4h","remind":["-1h","0s","1h","1h","30m","4h","87601h"]`), []string{
			event + `remind[0]: must not be negative, not -1h0m0s`,
			event + `remind[1]: must be more than 0s: a time after the lock was opened, such as 2h`,
			event + `remind[3]: 1h0m0s must be more than 1h0m0s before it`,
			event + `remind[4]: 30m0s must be more than 1h0m0s before it`,
			event + `remind[5]: 4h0m0s must be less than lock_timeout, 4h0m0s, after which the lock is gone`,
			event + `remind[6]: must be at most 87600h0m0s (ten years), not 87601h0m0s`,
			event + `remind[6]: 87601h0m0s must be less than lock_timeout, 4h0m0s, after which the lock is gone`}},
		{"without approvals", "release", at(`"escalate":{"after":"1h","groups":["leads"]}`),
			[]string{event + `escalate: needs approvals, such as [{"groups": ["sre"]}]: without votes everybody decides who may remove locks`}},
		{"everybody may already", "release", at(`"approvals":[{"count":2}],"escalate":{"after":"1h","groups":["leads"]}`),
			[]string{event + `escalate: changes nothing: the approvals name no groups or users, so that everybody may vote already`}},
		{"nobody, at no time", "release", at(sre + `"escalate":{}`), []string{
			event + `escalate.after: must be more than 0s: a time after the lock was opened, such as 2h`,
			event + `escalate.groups: required: at least one group, here, or one name in users, of those who may then vote`}},
		{"after the timeout", "release", at(sre + `"lock_timeout":"1h","escalate":{"after":"2h","users":["ann","Ann"," b"]}`), []string{
			event + `escalate.after: 2h0m0s must be less than lock_timeout, 1h0m0s, after which the lock is gone`,
			event + `escalate.users[1]: "Ann" is named twice`,
			event + `escalate.users[2]: " b" is empty, or begins or ends with a blank`}},
	})
}

// Contract, "Events": what the events about locks cannot do, and who may listen to them.
func TestEventsAboutLocks(t *testing.T) {
	t.Parallel()
	all := `"events":[{"event":"LOCK_OPENED"},{"event":"LOCK_REMINDER"},{"event":"LOCK_ESCALATED"},{"event":"LOCK_REMOVED"},{"event":"LOCK_TIMED_OUT"}]`
	listens := aHook(all)
	hold(t, []rule{
		{"a job", "job", aJob(listens), nil},
		{"a release", "release", aRelease(listens), nil},
		{"an emission", "emission", anEmission(listens), nil},
		{"a gate", "gate", anEmission(listens), nil},
		{"a registered one", "webhook", `{"id":"w","url":"https://example.com/",` + all + `}`, nil},
		{"an unknown one", "release", aRelease(aHook(`"event":"LOCK_REMINDED"`)), []string{
			`webhooks[0].event: unknown event "LOCK_REMINDED": names that begin with LOCK_ are reserved; did you mean "LOCK_REMINDER"?`}},
		{"one that blocks", "release", aRelease(atEvent("LOCK_OPENED", `,"blocking":true`)), []string{
			`webhooks[0].events[0].blocking: a hook cannot block at LOCK_OPENED; it can at JOB_START, BEFORE_RELEASE, BEFORE_TARGET, BEFORE_STEP, AFTER_STEP, AFTER_TARGET, BEFORE_RELEASE_COMPLETE and custom events`}},
		{"one that decides", "gate", anEmission(atEvent("LOCK_OPENED", `,"stop_release":"true"`)), []string{
			`webhooks[0].events[0].stop_release: LOCK_OPENED decides no release; only BEFORE_RELEASE, BEFORE_TARGET, BEFORE_STEP, AFTER_STEP, AFTER_TARGET and BEFORE_RELEASE_COMPLETE do`}},
		{"one that soaks", "release", aRelease(atEvent("LOCK_OPENED", `,"soak":"1h"`)), []string{
			`webhooks[0].events[0].soak: 1h0m0s: at LOCK_OPENED nothing can be held`}},
	})
}

// Contract, "Reminders and escalation": the message extend_lock.
func TestLockExtension(t *testing.T) {
	t.Parallel()
	hold(t, []rule{
		{"until", "extend", `{"lock":"l","until":"2026-07-01T18:00:00+02:00","by":"a","reason":"r","groups":["g"]}`, nil},
		{"a timeout", "extend", `{"lock":"l","lock_timeout":"48h"}`, nil},
		{"neither", "extend", `{"lock":"l"}`, []string{
			`until: required: the new deadline, such as 2026-07-01T18:00:00Z, or lock_timeout, counted from the lock's opening`}},
		{"both", "extend", `{"lock":"l","until":"2026-07-01T18:00:00Z","lock_timeout":"48h"}`,
			[]string{`until: give either lock_timeout or until, not both`}},
		{"no times", "extend", `{"until":"six","lock_timeout":"1d","for":"2h"}`, []string{
			`until: must be a time in RFC 3339 such as "2026-07-01T18:00:00Z", not "six"`,
			`lock_timeout: must be a Go duration such as "90s" or "4h", not "1d"`,
			`for: unknown key; the keys here are lock, lock_timeout, until, by, groups, reason, voucher`, `lock: required`}},
		{"times that are none", "extend", `{"lock":"l","lock_timeout":"-2h"}`, []string{`lock_timeout: must not be negative, not -2h0m0s`}},
		{"for too long", "extend", `{"lock":"l","lock_timeout":"87601h"}`,
			[]string{`lock_timeout: must be at most 87600h0m0s (ten years), not 87601h0m0s`}},
		{"too long", "extend", `{"lock":"l","lock_timeout":"1h","reason":"` + strings.Repeat("r", 4097) + `","groups":[" g"]}`, []string{
			`reason: has 4097 bytes; the limit is 4096`, `groups[0]: " g" is empty, or begins or ends with a blank`}},
	})
}
