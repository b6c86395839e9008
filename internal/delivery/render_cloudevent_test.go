package delivery

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/protocol"
)

// eventRequest returns a delivery as a CloudEvent.
func eventRequest(address, mode string) *protocol.WebhookRequest {
	r := request(address)
	r.Webhook.CloudEvents, r.Webhook.Secret = mode, "key"
	r.Event = latch.Event{Event: "AFTER_STEP", Blocking: true}
	r.Lock = "release-1:board:abc"
	r.Sequence, r.PreviousID = 12, "dlv_0"
	r.Occurrence = protocol.Occurrence{At: latch.NewTime(time.UnixMilli(1700000001234)), WorkflowID: "release 1/ü",
		Subject: `shop "4.2"/100 % é`}
	r.Variables = expr.Variables{"system": []byte(`{"fqdn":"latch.example"}`), "release": []byte(`{"id":"shop"}`)}
	return r
}

// CloudEvents HTTP binding, binary mode: attributes are percent-encoded headers, and the body
// is the same as without CloudEvents.
func TestCloudEventsBinary(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, nil)
	sender := local(t, map[string]string{"key": "hush-hush"})
	r := eventRequest(receiver.URL, latch.CloudEventsBinary)
	attempt, err := sender.Send(t.Context(), r, 2)
	require.NoError(t, err)
	got := receiver.last(t)
	for name, want := range map[string]string{
		"ce-specversion": "1.0", "ce-id": "dlv_1", "ce-source": "//latch.example/release%25201/%25C3%25BC", "ce-type": "run.latch.after_step",
		"ce-subject": "shop%20%224.2%22/100%20%25%20%C3%A9", "ce-time": "2023-11-14T22:13:21.234Z", "ce-datacontenttype": "",
		"ce-sequence": "0000000012", "webhook-sequence": "12", "webhook-previous-id": "dlv_0",
		"content-type": "application/json", "X-Latch-Lock": r.Lock, "X-Latch-Secret": "hush-hush",
	} {
		require.Equal(t, want, got.Header.Get(name), name)
	}
	require.Equal(t, "application/json", attempt.Request.ContentType)
	var plain receivedBody
	require.NoError(t, json.Unmarshal([]byte(got.body), &plain))
	require.Equal(t, receivedBody{Secret: "hush-hush", Lock: r.Lock, Attempt: 2}, plain)
	require.Equal(t, "dlv_1", got.Header.Get("webhook-id"))

	r.Occurrence, r.Variables = protocol.Occurrence{WorkflowID: "w"}, nil
	_, err = sender.Send(t.Context(), r, 1)
	require.NoError(t, err)
	got = receiver.last(t)
	require.Equal(t, "/w", got.Header.Get("ce-source"))
	require.NotContains(t, got.Header, "Ce-Subject")
}

type receivedBody struct {
	Secret  string `json:"secret"`
	Lock    string `json:"lock"`
	Attempt int    `json:"attempt"`
}

// Structured mode: the whole event is one JSON object. Its data is the body without
// CloudEvents, including secret and lock. The signature covers the object as it is sent.
func TestCloudEventsStructured(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		contentType, body string
		data, dataType    string
	}{
		"JSON": {"", `{"big":9007199254740993,"s":"${release.id}"}`,
			`{"secret":"key-for-signing","lock":"release-1:board:abc","big":9007199254740993,"s":"shop"}`, "application/json"},
		"a list": {"application/vnd.shop+json", `[1.50]`, `[1.50]`, "application/vnd.shop+json"},
		"a form": {"application/x-www-form-urlencoded", `{"a":1}`,
			`"a=1&secret=key-for-signing&lock=release-1%3Aboard%3Aabc"`, "application/x-www-form-urlencoded"},
		"text": {"text/plain", `"Zoë"`, `"Zoë"`, "text/plain; charset=utf-8"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			receiver := newReceiver(t, nil)
			r := eventRequest(receiver.URL, latch.CloudEventsStructured)
			r.Webhook.ContentType, r.Webhook.Body = test.contentType, json.RawMessage(test.body)
			sender := local(t, map[string]string{"key": "key-for-signing"})
			sender.now = time.Now
			attempt, err := sender.Send(t.Context(), r, 1)
			require.NoError(t, err)
			got := receiver.last(t)
			require.Equal(t, "application/cloudevents+json; charset=utf-8", got.Header.Get("Content-Type"))
			require.Equal(t, "application/cloudevents+json; charset=utf-8", attempt.Request.ContentType)
			require.Equal(t, len(got.body), attempt.Request.Bytes)
			require.Equal(t, `{"specversion":"1.0","id":"dlv_1","source":"//latch.example/release%201/%C3%BC",`+
				`"type":"run.latch.after_step","subject":"shop \"4.2\"/100 % é",`+
				`"time":"2023-11-14T22:13:21.234Z","sequence":"0000000012","datacontenttype":"`+test.dataType+`",`+
				`"data":`+test.data+`}`, got.body)
			for header := range got.Header {
				require.False(t, strings.HasPrefix(header, "Ce-"), header)
			}
			require.Equal(t, r.Lock, got.Header.Get("X-Latch-Lock"))
			webhook, err := standardwebhooks.NewWebhookRaw([]byte("key-for-signing"))
			require.NoError(t, err)
			require.NoError(t, webhook.Verify([]byte(got.body), got.Header))
		})
	}
}
