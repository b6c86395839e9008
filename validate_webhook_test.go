package latch_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// aWebhook returns a release with one webhook that has these keys.
func aWebhook(keys string) string { return aRelease(`"webhooks":[{` + keys + `}]`) }

func TestContractWebhook(t *testing.T) {
	t.Parallel()
	const (
		plain  = `"id":"w","event":"BEFORE_RELEASE",`
		hook   = plain + `"url":"https://example.com/",`
		noHook = "webhooks[0].url: required, unless every event of the webhook is blocking: then only a lock is made, for a person to remove"
	)
	hold(t, []rule{
		{"all there may be", "release", aWebhook(hook + `"method":"POST",
			"content_type":"application/json; charset=utf-8","headers":{"X-A":"1"},
			"header_secrets":{"Authorization":"board.token"},"body":{"a":"${release.id}"},"enabled":true,
			"secret":"board","secret_header":"X-Board-Secret","send_secret":true,"timeout":"60s",
			"retry":{}`), nil},
		{"required: id", "release", aWebhook(`"url":"https://example.com/","event":"BEFORE_RELEASE"`), []string{"webhooks[0].id: required"}},
		{"an id has no colon", "release", aWebhook(`"id":"a:b","url":"https://example.com/","event":"BEFORE_RELEASE"`),
			[]string{`webhooks[0].id: "a:b" has a colon, which separates the parts of a lock`}},
		{"an id is unique", "release", aRelease(`"webhooks":[
			{"id":"w","url":"https://example.com/","event":"BEFORE_RELEASE"},
			{"id":"w","url":"https://example.com/",
				"event":"AFTER_STEP"}]`), []string{`webhooks[1].id: duplicate webhook id "w"`}},
		{"required: an event", "release", aWebhook(`"id":"w","url":"https://example.com/"`),
			[]string{"webhooks[0].events: required: at least one event, here or as event"}},
		{"event or events", "release", aWebhook(hook + `"events":[{"event":"AFTER_STEP"}]`),
			[]string{"webhooks[0].event: give either event or events, not both"}},

		{"required: a url", "release", aWebhook(`"id":"w","event":"BEFORE_RELEASE"`), []string{noHook}},
		{"not where all events block", "release", aWebhook(`"id":"w","events":[{"event":"BEFORE_RELEASE","blocking":true}]`), nil},
		{"but where one does not", "release",
			aWebhook(`"id":"w","events":[{"event":"BEFORE_RELEASE","blocking":true},{"event":"AFTER_STEP"}]`), []string{noHook}},
		{"url or url_secret", "release", aWebhook(hook + `"url_secret":"board"`),
			[]string{"webhooks[0].url_secret: give either url or url_secret, not both"}},
		{"url_secret alone", "release", aWebhook(plain + `"url_secret":"board"`), nil},
		{"another scheme", "release", aWebhook(plain + `"url":"file:///etc/passwd"`),
			[]string{`webhooks[0].url: "file:///etc/passwd" must begin with http:// or https://`}},
		{"no scheme", "release", aWebhook(plain + `"url":"example.com/hook"`),
			[]string{`webhooks[0].url: "example.com/hook" must begin with http:// or https://`}},
		{"no host", "release", aWebhook(plain + `"url":"https:///hook"`), []string{`webhooks[0].url: "https:///hook" has no host`}},
		{"a port alone", "release", aWebhook(plain + `"url":"https://:8080/hook"`),
			[]string{`webhooks[0].url: "https://:8080/hook" has no host`}},
		{"a bad port", "release", aWebhook(plain + `"url":"https://example.com:http/"`),
			[]string{`webhooks[0].url: "https://example.com:http/" is not a URL: invalid port ":http" after host`}},
		{"blanks and letters", "release", aWebhook(plain + `"url":"https://example.com/nightly export/ü?name=Müller&at=100%"`), nil},
		{"a text block of YAML", "release", aWebhook(plain + `"url":"https://example.com/\n"`), nil},
		{"a line break", "release", aWebhook(plain + `"url":"https://example.com/\nHost: elsewhere"`),
			[]string{
				`webhooks[0].url: "https://example.com/\nHost: elsewhere" has a line break or another control character, ` +
					`which must be percent-encoded`}},
		{"a bad escape", "release", aWebhook(plain + `"url":"https://example.com/%zz"`),
			[]string{`webhooks[0].url: "https://example.com/%zz" is not a URL: invalid URL escape "%zz"`}},
		{"credentials", "release", aWebhook(plain + `"url":"https://user:pass@example.com/"`),
			[]string{"webhooks[0].url: has credentials before the host; give them by header_secrets instead"}},
		{"a user alone", "release", aWebhook(plain + `"url":"https://token@example.com/"`),
			[]string{"webhooks[0].url: has credentials before the host; give them by header_secrets instead"}},
		{"credentials behind another scheme stay out of the message", "release",
			aWebhook(plain + `"url":"ftp://user:pass@example.com/"`),
			[]string{`webhooks[0].url: "…@example.com/" must begin with http:// or https://`}},
		{"an at sign in the path", "release", aWebhook(plain + `"url":"https://example.com/@team?a=b@c"`), nil},
		{"a template in the path", "release", aWebhook(plain + `"url":"https://example.com/${release.id}?a=${vars.a}"`), nil},
		{"one template as the whole", "release", aWebhook(plain + `"url":"${vars.url}"`), nil},
		{"a literal dollar", "release", aWebhook(plain + `"url":"https://example.com/$${a}"`), nil},
		{"a scheme in capitals", "release", aWebhook(plain + `"url":"HTTPS://EXAMPLE.COM/"`), nil},
		{"a method", "release", aWebhook(hook + `"method":"HEAD"`),
			[]string{`webhooks[0].method: "HEAD" is not one of POST, PUT, PATCH, DELETE, GET`}},
		{"by PUT", "release", aWebhook(hook + `"method":"PUT"`), nil},
		{"by PATCH", "release", aWebhook(hook + `"method":"PATCH"`), nil},
		{"by DELETE", "release", aWebhook(hook + `"method":"DELETE"`), nil},

		{"content type …+json", "release", aWebhook(hook + `"content_type":"application/cloudevents+json"`), nil},
		{"content type form", "release", aWebhook(hook + `"content_type":"application/x-www-form-urlencoded","body":"a=b"`), nil},
		{"content type text", "release", aWebhook(hook + `"content_type":"text/plain; charset=utf-8","body":"a"`), nil},
		{"content type XML", "release", aWebhook(hook + `"content_type":"application/xml","body":"<a/>"`), nil},
		{"content type of another text", "release",
			aWebhook(hook + `"content_type":"application/vnd.acme+yaml; v=1","method":"PUT","body":"a: ${release.id}"`), nil},
		{"a content type that is no text", "release", aWebhook(hook + `"content_type":"image/png","body":"x"`),
			[]string{
				`webhooks[0].content_type: "image/png" is not a type of text; give application/json (or …+json), ` +
					`application/x-www-form-urlencoded, or one such as text/plain, application/xml`}},
		{"XML without body", "release", aWebhook(hook + `"content_type":"application/xml","method":"PATCH"`),
			[]string{"webhooks[0].body: required with content_type application/xml"}},
		{"XML of JSON", "release", aWebhook(`"id":"w","url":"https://example.com/","content_type":"text/xml",
			"body":{"a":1},"events":[{"event":"BEFORE_STEP","body":[1]},{"event":"AFTER_STEP"}]`), []string{
			"webhooks[0].body: must be text (a JSON string) with content_type text/xml, not {\"a\":1}",
			"webhooks[0].events[0].body: must be text (a JSON string) with content_type text/xml, not [1]"}},
		{"text/plain of JSON", "release", aWebhook(hook + `"content_type":"text/plain","body":{"a":1}`), nil},
		{"no content type", "release", aWebhook(hook + `"content_type":"json","body":"{}"`),
			[]string{
				`webhooks[0].content_type: "json" is not a type of text; give application/json (or …+json), ` +
					`application/x-www-form-urlencoded, or one such as text/plain, application/xml`}},
		{"form without body", "release", aWebhook(hook + `"content_type":"application/x-www-form-urlencoded"`),
			[]string{"webhooks[0].body: required with content_type application/x-www-form-urlencoded"}},
		{"text without body at one event", "release", aWebhook(`"id":"w","url":"https://example.com/",
			"content_type":"text/plain","events":[{"event":"BEFORE_STEP","body":"x"},{"event":"AFTER_STEP"}]`),
			[]string{"webhooks[0].events[1].body: required, here or at the webhook, with content_type text/plain"}},
		{"GET with body", "release", aWebhook(hook + `"method":"GET","body":"x"`), []string{"webhooks[0].body: a GET request has no body"}},
		{"GET with an event's body", "release", aWebhook(`"id":"w","url":"https://example.com/","method":"GET",
			"events":[{"event":"BEFORE_STEP","body":{}}]`), []string{"webhooks[0].events[0].body: a GET request has no body"}},
		{"GET of text without body", "release", aWebhook(hook + `"method":"GET","content_type":"text/plain"`), nil},

		{"a header's name", "release", aWebhook(hook + `"headers":{"X:A":"1"}`),
			[]string{`webhooks[0].headers.X:A: "X:A" is not the name of an HTTP header`}},
		{"a header's line break", "release", aWebhook(hook + `"headers":{"X-A":"1\r\nX-B: 2"}`),
			[]string{"webhooks[0].headers.X-A: a header's value has no line breaks"}},
		{"a header that Latch sets", "release", aWebhook(hook + `"headers":{"webhook-id":"1"}`),
			[]string{"webhooks[0].headers.webhook-id: webhook-id cannot be set here: Latch sets it"}},
		{"the lock's header", "release", aWebhook(hook + `"headers":{"X-Latch-Lock":"1"}`),
			[]string{"webhooks[0].headers.X-Latch-Lock: X-Latch-Lock cannot be set here: Latch sets it"}},
		{"a signature of one's own", "release", aWebhook(hook + `"headers":{"Webhook-Signature":"v1,x"}`),
			[]string{"webhooks[0].headers.Webhook-Signature: Webhook-Signature cannot be set here: Latch sets it"}},
		{"as some servers read it", "release", aWebhook(hook + `"headers":{"webhook_signature":"v1,x"}`),
			[]string{"webhooks[0].headers.webhook_signature: webhook_signature cannot be set here: Latch sets it"}},
		{"a header for the next hop", "release", aWebhook(hook + `"headers":{"Proxy-Authorization":"Basic x"}`),
			[]string{"webhooks[0].headers.Proxy-Authorization: Proxy-Authorization cannot be set here: Latch sets it"}},
		{"Content-Type as a header", "release", aWebhook(hook + `"headers":{"Content-Type":"text/plain"}`),
			[]string{"webhooks[0].headers.Content-Type: Content-Type cannot be set here: give content_type instead"}},
		{"one header in two spellings", "release", aWebhook(hook + `"headers":{"X-A":"1","x-a":"2"}`),
			[]string{"webhooks[0].headers.x-a: the same header as X-A"}},
		{"a header plain and secret", "release",
			aWebhook(hook + `"headers":{"authorization":"x"},"header_secrets":{"Authorization":"board"}`),
			[]string{"webhooks[0].header_secrets.Authorization: Authorization stands in headers too"}},
		{"a header of its own and the secret's", "release",
			aWebhook(hook + `"secret":"board","headers":{"X-Latch-Secret":"x"}`),
			[]string{"webhooks[0].secret_header: X-Latch-Secret stands in headers too"}},
		{"one of two secrets", "release",
			aWebhook(hook + `"secret":"board","secret_header":"X-S","header_secrets":{"x-s":"other"}`),
			[]string{"webhooks[0].header_secrets.x-s: x-s stands in secret_header too"}},
		{"a secret that only signs takes no header", "release",
			aWebhook(hook + `"secret":"board","send_secret":false,"header_secrets":{"X-Latch-Secret":"other"}`), nil},
		{"a secret's header", "release", aWebhook(hook + `"secret":"board","secret_header":"X S"`),
			[]string{`webhooks[0].secret_header: "X S" is not the name of an HTTP header`}},
		{"a header without its secret", "release", aWebhook(hook + `"header_secrets":{"Authorization":""}`),
			[]string{"webhooks[0].header_secrets.Authorization: required: the name of a secret"}},
		{"what is no secret's name is not shown", "release", aWebhook(hook + `"secret":"s3cr3t value!"`), []string{
			"webhooks[0].secret: not the name of a secret: a name matches " +
				"^[A-Za-z0-9][A-Za-z0-9_-]*(\\.[A-Za-z0-9_-]+)*$, and stands for a value that the worker holds"}},

		{"settings of an event", "release", aRelease(atEvent("BEFORE_RELEASE", `,"enabled":true,"when":"true","body":{},"blocking":true,
			"lock_timeout":"0s","answer_timeout":"90s","on_timeout":"continue","on_error":"rollback",
			"result":"'pass'","stop_release":"true","rollback_release":"true"`)), nil},
		{"policies", "release", aRelease(atEvent("BEFORE_RELEASE", `,"on_timeout":"undo","on_error":"fail"`)), []string{
			`webhooks[0].events[0].on_timeout: "undo" is not one of continue, stop, rollback`,
			`webhooks[0].events[0].on_error: "fail" is not one of continue, stop, rollback`}},
		{"negative waits", "release", aRelease(atEvent("BEFORE_RELEASE", `,"lock_timeout":"-1s","answer_timeout":"-1s"`)), []string{
			"webhooks[0].events[0].lock_timeout: must not be negative, not -1s",
			"webhooks[0].events[0].answer_timeout: must not be negative, not -1s"}},
		{"a negative timeout", "release", aWebhook(hook + `"timeout":"-1s"`), []string{"webhooks[0].timeout: must not be negative, not -1s"}},

		{"retry: negative", "release", aWebhook(hook + `"retry":{"initial_interval":"-1s",
			"maximum_interval":"-1s","maximum_attempts":-1,"deadline":"-1s"}`), []string{
			"webhooks[0].retry.initial_interval: must not be negative, not -1s", "webhooks[0].retry.maximum_interval: must not be negative, not -1s",
			"webhooks[0].retry.deadline: must not be negative, not -1s",
			"webhooks[0].retry.maximum_attempts: must be between 0 (no limit) and 2147483647, not -1"}},
		{"retry: a shrinking wait", "release", aWebhook(hook + `"retry":{"backoff_coefficient":0.5}`),
			[]string{"webhooks[0].retry.backoff_coefficient: must be between 1 and 1000, not 0.5"}},
		{"retry: bounds crossed", "release", aWebhook(hook + `"retry":{"initial_interval":"1m","maximum_interval":"1s"}`),
			[]string{"webhooks[0].retry.maximum_interval: 1s is less than initial_interval, 1m0s"}},
	})
}

// TestAGateAdmitsDecisionsAtItsCustomEvent: "workflows.Gate … admits decision
// expressions there".
func TestAGateAdmitsDecisionsAtItsCustomEvent(t *testing.T) {
	t.Parallel()
	gate := &latch.Emission{Event: "DATABASE_MIGRATED", Webhooks: []latch.Webhook{{ID: "w", URL: "https://example.com/",
		Events: []latch.Event{{Event: "DATABASE_MIGRATED", Blocking: true, StopRelease: "true", RollbackRelease: "true"}}}}}
	require.Empty(t, gate.ValidateGate())
	require.Len(t, gate.Validate(), 2)
	gate.Webhooks[0].Events[0].Event = latch.EventJobStart
	require.Len(t, gate.ValidateGate(), 2)
}

func TestSecretNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"a", "A1", "change-board", "a_b", "a.b", "0.x-y_z", "a-", "a.-"} {
		require.True(t, latch.IsSecretName(name), name)
	}
	for _, name := range []string{"", ".", "a.", ".a", "a..b", "-a", "_a", "a b", "a/b", "../a", "a\n", "ä"} {
		require.False(t, latch.IsSecretName(name), name)
	}
}
