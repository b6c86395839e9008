package e2e

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// jobWith returns a job whose work succeeds, with webhooks.
func jobWith(id, webhooks string) string {
	return `{"id":"` + id + `","title":"a \"b\" & c","vars":{"team":"x&y","list":[1,"two"]},
		"task":{"http":{"url":"{R}/work"}},"webhooks":[` + webhooks + `]}`
}

// contract, "Webhook" and "Templates": methods, content types and the escaping for each of
// them.
func TestDeliveryRequests(t *testing.T) {
	t.Parallel()
	b := setup(t)
	cases := []struct {
		name, settings string
		check          func(t *testing.T, request receiver.Request)
	}{
		{"get", `"method":"GET","url":"{R}/get/${job.title}?team=${vars.team}&e=${event}"`, func(t *testing.T, r receiver.Request) {
			require.Equal(t, "GET", r.Method)
			require.Equal(t, `/get/a "b" & c`, r.Path)
			require.Equal(t, "x&y", r.Query.Get("team"))
			require.Empty(t, r.Body)
			require.Empty(t, r.Header.Get("Content-Type"))
		}},
		{"form", `"content_type":"application/x-www-form-urlencoded",
			"body":"team=${vars.team}&title=${job.title}&list=${vars.list}"`, func(t *testing.T, r receiver.Request) {
			form, err := url.ParseQuery(string(r.Body))
			require.NoError(t, err)
			require.Equal(t, url.Values{"team": {"x&y"}, "title": {`a "b" & c`}, "list": {`[1,"two"]`}}, form)
		}},
		{"text", `"content_type":"text/plain; charset=utf-8","body":"${job.title} $${literal} ${vars.list}"`,
			func(t *testing.T, r receiver.Request) {
				require.Equal(t, "text/plain; charset=utf-8", r.Header.Get("Content-Type"))
				require.Equal(t, `a "b" & c ${literal} [1,"two"]`, string(r.Body))
			}},
		{"json-text", `"body":"{\"title\":\"${job.title}\",\"list\":${vars.list}}"`, func(t *testing.T, r receiver.Request) {
			require.JSONEq(t, `{"title":"a \"b\" & c","list":[1,"two"]}`, string(r.Body))
		}},
		{"json", `"content_type":"application/cloudevents+json",
			"body":{"title":"${job.title}","list":"${vars.list}",
				"n":1.50}`, func(t *testing.T, r receiver.Request) {
			require.Equal(t, "application/cloudevents+json", r.Header.Get("Content-Type"))
			require.JSONEq(t, `{"title":"a \"b\" & c","list":[1,"two"],"n":1.5}`, string(r.Body))
			require.Contains(t, string(r.Body), "1.50", "numbers go out with the digits they came in with")
		}},
		{"headers", `"headers":{"X-Team":"team ${vars.team}"}`, func(t *testing.T, r receiver.Request) {
			require.Equal(t, "team x&y", r.Header.Get("X-Team"))
			require.Equal(t, "application/json", r.Header.Get("Accept"))
			require.Equal(t, "Latch/"+latch.Version, r.Header.Get("User-Agent"))
			id := r.Header.Get("Webhook-Id")
			require.Regexp(t, `^dlv_[A-Za-z0-9_-]+$`, id)
			require.Equal(t, id, body(t, r)["delivery_id"])
			require.EqualValues(t, 1, body(t, r)["attempt"])
		}},
	}
	var hooks []string
	for _, c := range cases {
		settings := c.settings
		if !strings.Contains(settings, `"url"`) {
			settings += `,"url":"{R}/` + c.name + `"`
		}
		hooks = append(hooks, `{"id":"`+c.name+`","event":"JOB_SUCCESS",`+settings+`}`)
	}
	result := b.succeeds(b.startJob("requests", jobWith("requests", strings.Join(hooks, ","))))
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var requests []receiver.Request
			for _, request := range b.receiver.Requests("") {
				if strings.HasPrefix(request.Path, "/"+c.name) && (request.Path == "/"+c.name || c.name == "get") {
					requests = append(requests, request)
				}
			}
			require.Len(t, requests, 1)
			c.check(t, requests[0])
			record := recordOf(t, result.History, c.name)
			require.Equal(t, requests[0].Header.Get("Webhook-Id"), record.DeliveryID)
			require.Equal(t, len(requests[0].Body), record.Request.Bytes)
		})
	}
}

// contract, "Templates", "Webhook" and "Records": a delivery that cannot be rendered fails
// permanently, naming what is missing. The job does not fail.
func TestDeliveryThatCannotBeMade(t *testing.T) {
	t.Parallel()
	b := setup(t)
	result := b.succeeds(b.startJob("impossible", jobWith("impossible", `
		{"id":"key","url":"{R}/key","event":"JOB_SUCCESS","body":{"a":"${vars.absent.key}"}},
		{"id":"default","url":"{R}/default","event":"JOB_SUCCESS","body":{"a":"${vars[?'absent'].orValue('none')}"}},
		{"id":"header","url":"{R}/header","event":"JOB_SUCCESS","headers":{"X-A":"${'a\\r\\nb'}"}},
		{"id":"secret","url":"{R}/secret","event":"JOB_SUCCESS","secret":"no-such-secret"},
		{"id":"when","url":"{R}/when","events":[{"event":"JOB_SUCCESS","when":"job.status.returncode != 0"}]},
		{"id":"off","url":"{R}/off","events":[{"event":"JOB_SUCCESS","enabled":false}]},
		{"id":"silent","url":"{R}/silent","enabled":false,"event":"JOB_SUCCESS"}`)))
	for webhook, told := range map[string]string{"key": "vars.absent.key", "header": "X-A", "secret": "no-such-secret"} {
		record := recordOf(t, result.History, webhook)
		require.Equal(t, latch.ResultFail, record.Result, webhook)
		require.Contains(t, record.Error, told)
		require.Equal(t, 1, record.Attempts, webhook)
		require.Nil(t, record.Response, webhook)
	}
	require.Equal(t, latch.ResultSkipped, recordOf(t, result.History, "when").Result)
	require.Contains(t, recordOf(t, result.History, "when").Error, "returncode")
	require.Len(t, result.History, 5, "what is not enabled makes no record")
	require.Equal(t, map[string]int{"/work": 1, "/default": 1}, b.came(""))
	require.JSONEq(t, `{"a":"none"}`, string(b.receiver.Requests("/default")[0].Body))
}

// contract, "Webhook": secrets sign by the rules of Standard Webhooks. `whsec_` only signs,
// with the decoded bytes. Several lines all sign.
func TestDeliverySignatures(t *testing.T) {
	t.Parallel()
	const whsec = "whsec_bWRvcS1pcy1hd2Vzb21lLWFuZC1sb25nLWVub3VnaA=="
	b := setup(t, "LATCH_SECRET_PLAIN", "mdoq-is-awesome", "LATCH_SECRET_SIGN_ONLY", whsec, "LATCH_SECRET_ROTATED", "new-value\nold-value")
	b.succeeds(b.startJob("signed", jobWith("signed", `
		{"id":"plain","url":"{R}/plain","event":"JOB_SUCCESS","secret":"plain"},
		{"id":"own","url":"{R}/own","event":"JOB_SUCCESS","secret":"plain","secret_header":"X-Own","body":{"a":1}},
		{"id":"kept","url":"{R}/kept","event":"JOB_SUCCESS","secret":"plain","send_secret":false},
		{"id":"form","url":"{R}/form","event":"JOB_SUCCESS","secret":"plain","content_type":"application/x-www-form-urlencoded","body":"a=1"},
		{"id":"get","url":"{R}/get","method":"GET","event":"JOB_SUCCESS","secret":"plain"},
		{"id":"sign-only","url":"{R}/sign-only","event":"JOB_SUCCESS","secret":"sign-only"},
		{"id":"rotated","url":"{R}/rotated","event":"JOB_SUCCESS","secret":"rotated"}`)))

	raw := func(value string) *standardwebhooks.Webhook {
		verifier, err := standardwebhooks.NewWebhookRaw([]byte(value))
		require.NoError(t, err)
		return verifier
	}
	encoded, err := standardwebhooks.NewWebhook(whsec)
	require.NoError(t, err)
	for path, verifiers := range map[string][]*standardwebhooks.Webhook{
		"plain": {raw("mdoq-is-awesome")}, "own": {raw("mdoq-is-awesome")}, "kept": {raw("mdoq-is-awesome")}, "form": {raw("mdoq-is-awesome")},
		"get": {raw("mdoq-is-awesome")}, "sign-only": {encoded}, "rotated": {raw("new-value"), raw("old-value")},
	} {
		request := b.arrives("/"+path, 1)[0]
		for _, verifier := range verifiers {
			require.NoError(t, verify(t, verifier, request), path)
		}
		require.Error(t, verify(t, raw("another"), request), path)
	}
	sent := func(path string) receiver.Request { return b.receiver.Requests("/" + path)[0] }
	require.Equal(t, "mdoq-is-awesome", sent("plain").Header.Get("X-Latch-Secret"))
	require.Equal(t, "mdoq-is-awesome", body(t, sent("plain"))["secret"])
	require.Equal(t, "mdoq-is-awesome", sent("own").Header.Get("X-Own"))
	require.JSONEq(t, `{"a":1,"secret":"mdoq-is-awesome"}`, string(sent("own").Body))
	require.Equal(t, "a=1&secret=mdoq-is-awesome", string(sent("form").Body))
	require.Equal(t, "new-value", sent("rotated").Header.Get("X-Latch-Secret"))
	for _, path := range []string{"kept", "sign-only"} {
		require.Empty(t, sent(path).Header.Get("X-Latch-Secret"))
		require.NotContains(t, body(t, sent(path)), "secret")
	}
}

// contract, "Responses": data is the object of the answer, bodies are kept up to 20 KiB, and a
// JSON answer beyond 64 KiB fails permanently.
func TestDeliveryAnswers(t *testing.T) {
	t.Parallel()
	b := setup(t)
	long := strings.Repeat("x", 100<<10)
	text := receiver.JSON(200, `{"result":"pass","n":12345678901234567890}`)
	text.Header.Set("Content-Type", "text/plain")
	text.Header.Set("Set-Cookie", "session=1")
	text.Header.Set("Authorization", "echoed")
	text.Header.Set("X-Kept", "yes")
	b.receiver.Script("/object", text)
	b.receiver.Script("/array", receiver.JSON(200, `[1]`))
	b.receiver.Script("/fail", receiver.JSON(200, `{"result":"fail"}`))
	b.receiver.Script("/long-text", receiver.Answer{Body: long})
	b.receiver.Script("/long-json", receiver.JSON(200, `{"a":"`+long+`"}`))
	b.receiver.Script("/expression", receiver.JSON(200, `{"score":3}`))
	b.receiver.Script("/broken-expression", receiver.JSON(200, `{}`))
	var hooks []string
	for _, id := range []string{"object", "array", "fail", "long-text", "long-json"} {
		hooks = append(hooks, `{"id":"`+id+`","url":"{R}/`+id+`","event":"JOB_SUCCESS"}`)
	}
	hooks = append(hooks,
		`{"id":"expression","url":"{R}/expression","events":[{"event":"JOB_SUCCESS","result":"history.data.score > 5 ? 'pass' : 'fail'"}]}`,
		`{"id":"broken-expression","url":"{R}/broken-expression",
			"events":[{"event":"JOB_SUCCESS","result":"history.data.score > 5 ? 'pass' : 'fail'"}]}`)
	history := b.succeeds(b.startJob("answers", jobWith("answers", strings.Join(hooks, ",")))).History

	object := recordOf(t, history, "object")
	require.Equal(t, latch.Object{"result": json.RawMessage(`"pass"`), "n": json.RawMessage(`12345678901234567890`)}, object.Data)
	require.Equal(t, "yes", object.Response.Headers["X-Kept"])
	require.NotContains(t, object.Response.Headers, "Set-Cookie")
	require.NotContains(t, object.Response.Headers, "Authorization")
	require.Equal(t, latch.ResultPass, recordOf(t, history, "array").Result)
	require.Empty(t, recordOf(t, history, "array").Data)
	require.Equal(t, latch.ResultFail, recordOf(t, history, "fail").Result)
	require.Equal(t, latch.ResultPass, recordOf(t, history, "long-text").Result)
	require.Len(t, recordOf(t, history, "long-text").Response.Body, 20<<10)
	require.Equal(t, latch.ResultFail, recordOf(t, history, "long-json").Result)
	require.Contains(t, recordOf(t, history, "long-json").Error, "64 KiB")
	require.Len(t, b.receiver.Requests("/long-json"), 1, "it fails for good")
	require.Equal(t, latch.ResultFail, recordOf(t, history, "expression").Result)
	require.Equal(t, latch.ResultFail, recordOf(t, history, "broken-expression").Result)
	require.Contains(t, recordOf(t, history, "broken-expression").Error, "score")
}
