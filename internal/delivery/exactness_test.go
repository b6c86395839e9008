package delivery

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/rawjson"
)

// A webhook's success decides like an http task's: true means delivered, whatever the status;
// false fails permanently, unless the status is retried.
func TestWebhookSuccess(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		success   string
		status    int
		body      string
		delivered bool
		retried   bool
		want      string
	}{
		"true": {`response.data.accepted`, 200, `{"accepted":true}`, true, false, ""},
		"false": {`response.data.accepted`, 200, `{"accepted":false}`, false, false,
			`for which its success, "response.data.accepted", is false`},
		"what is there already":    {`response.status == 409 || response.status < 300`, 409, "", true, false, ""},
		"text":                     {`response.body == 'ok'`, 200, "ok", true, false, ""},
		"headers and variables":    {`response.headers['X-Id'] == vars.id`, 200, "", true, false, ""},
		"a status that is retried": {`response.data.accepted`, 503, `{"accepted":false}`, false, true, "503"},
		"of an error":              {`response.data.missing.more`, 200, `{}`, false, false, "its success could not be decided"},
		"of an error, retried":     {`response.data.missing.more`, 503, `{}`, false, true, "503"},
		"over a preset":            {`true`, 200, "not what Slack says", true, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			receiver := newReceiver(t, answering(test.status, test.body, map[string]string{"X-Id": "7"}))
			r := request(receiver.URL)
			r.Webhook.Success, r.Webhook.Preset, r.Webhook.Body = test.success, latch.PresetSlack, json.RawMessage(`{"text":"done"}`)
			r.Variables = expr.Variables{"vars": []byte(`{"id":"7"}`)}
			attempt, err := local(t, nil).Send(t.Context(), r, 1)
			require.Equal(t, test.status, attempt.Response.Status)
			if test.delivered {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, test.want)
			require.Equal(t, test.retried, Retryable(err))
		})
	}
	receiver := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = w.Write([]byte("ok"))
	})
	r := request(receiver.URL)
	r.Webhook.Success = "true"
	_, err := local(t, nil).Send(t.Context(), r, 1)
	require.True(t, Retryable(err), "nothing is decided on a part of an answer")
}

// Every kind of body has numbers with their digits, nested values as compact JSON, and UTF-8.
func TestBodiesAreExact(t *testing.T) {
	t.Parallel()
	variables := expr.Variables{"vars": []byte(`{"big":9007199254740993,"huge":123456789012345678901234567890,` +
		`"money":1.10,"e":1E2,"neg":-0,"deep":{"b":[1, {"c":9007199254740993}],"a":"ü"},"name":"Zoë"}`)}
	const template = `{"big":"${vars.big}","huge":"${vars.huge}","money":"${vars.money}","deep":"${vars.deep}",` +
		`"text":"no ${vars.big}","own":9007199254740993,"nested":{"x":[9007199254740993, 1.50]}}`
	for name, test := range map[string]struct{ contentType, body, want, sentAs string }{
		"JSON": {"application/json", template,
			`{"big":9007199254740993,"huge":123456789012345678901234567890,"money":1.10,` +
				`"deep":{"a":"ü","b":[1,{"c":9007199254740993}]},"text":"no 9007199254740993",` +
				`"own":9007199254740993,"nested":{"x":[9007199254740993,1.50]}}`, "application/json"},
		"form": {"application/x-www-form-urlencoded", template,
			`big=9007199254740993&huge=123456789012345678901234567890&money=1.10&` +
				`deep=%7B%22a%22%3A%22%C3%BC%22%2C%22b%22%3A%5B1%2C%7B%22c%22%3A9007199254740993%7D%5D%7D&` +
				`text=no+9007199254740993&own=9007199254740993&nested=%7B%22x%22%3A%5B9007199254740993%2C1.50%5D%7D`,
			"application/x-www-form-urlencoded"},
		"text":           {"text/plain", `"${vars.name}: ${vars.big}"`, "Zoë: 9007199254740993", "text/plain; charset=utf-8"},
		"text in ASCII":  {"text/plain", `"${vars.big}"`, "9007199254740993", "text/plain"},
		"text that says": {"text/plain; charset=UTF-8", `"${vars.name}"`, "Zoë", "text/plain; charset=UTF-8"},
		"text that errs": {"text/plain; format=flowed; charset=us-ascii", `"${vars.name}"`, "Zoë", "text/plain; charset=utf-8; format=flowed"},
		"XML":            {"application/xml", `"<a>${vars.name}</a>"`, "<a>Zoë</a>", "application/xml; charset=utf-8"},
		"XML in ASCII": {"application/soap+xml; action=x", `"<a>${vars.big}</a>"`, "<a>9007199254740993</a>",
			"application/soap+xml; action=x"},
		"YAML":             {"application/yaml", `"a: ${vars.name}"`, "a: Zoë", "application/yaml"},
		"no valid UTF-8":   {"text/plain", "\"a\xffb\"", "a\ufffdb", "text/plain; charset=utf-8"},
		"JSON, any script": {"application/json", `{"a":"日本 ${vars.name} <&>"}`, `{"a":"日本 Zoë <&>"}`, "application/json"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			receiver := newReceiver(t, nil)
			r := request(receiver.URL)
			r.Webhook.ContentType, r.Webhook.Body, r.Variables = test.contentType, json.RawMessage(test.body), variables
			_, err := local(t, nil).Send(t.Context(), r, 1)
			require.NoError(t, err)
			got := receiver.last(t)
			require.Equal(t, test.want, got.body)
			require.Equal(t, test.sentAs, got.Header.Get("Content-Type"))
		})
	}
}

// No value can break out of its header. Control characters fail the delivery. Everything else
// is sent as UTF-8 bytes, none of which is a line break.
func TestHeadersCannotBeInjected(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		value string
		sent  bool
	}{
		"CRLF":                       {"a\r\nX-Evil: 1", false},
		"LF":                         {"a\nX-Evil: 1", false},
		"CR":                         {"a\rX-Evil: 1", false},
		"NUL":                        {"a\x00b", false},
		"DEL":                        {"a\x7fb", false},
		"other control characters":   {"a\x0bb", false},
		"letters that end in LF, CR": {"ĊčX-Evil: 1 嘊嘍", true},
		"line separators":            {"a\u2028b\u0085c", true},
		"accents":                    {"Zoë", true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			receiver := newReceiver(t, nil)
			r := request(receiver.URL + "/?q=${vars.value}")
			r.Webhook.Method = "GET"
			r.Webhook.Headers = map[string]string{"X-Value": "${vars.value}"}
			r.Variables = expr.Variables{"vars": rawjson.Encode(map[string]string{"value": test.value})}
			_, err := local(t, nil).Send(t.Context(), r, 1)
			if !test.sent {
				var permanent *PermanentError
				require.ErrorAs(t, err, &permanent)
				require.ErrorContains(t, err, "X-Value")
				require.Empty(t, receiver.got)
				return
			}
			require.NoError(t, err)
			got := receiver.last(t)
			require.Equal(t, test.value, got.Header.Get("X-Value"))
			require.Equal(t, test.value, got.URL.Query().Get("q"), "a query's value is one")
			require.NotContains(t, got.Header, "X-Evil")
		})
	}
}
