package activities

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/fields"
	"github.com/latch-run/latch/internal/filled"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/registry"
)

// fakeWebhooks has one registered webhook, or none, or cannot be read. A moment ago it was as
// in before, if that is set.
type fakeWebhooks struct {
	webhook *latch.RegisteredWebhook
	err     error
	before  *fakeWebhooks
}

func (f fakeWebhooks) Lately(ctx context.Context, id string) (*latch.RegisteredWebhook, error) {
	if f.before != nil {
		return f.before.Get(ctx, id)
	}
	return f.Get(ctx, id)
}

func (f fakeWebhooks) Get(context.Context, string) (*latch.RegisteredWebhook, error) {
	return f.webhook, f.err
}

// waiting is a delivery that was fired with the webhook's previous version.
func waiting() protocol.Send {
	return protocol.Send{Registered: true, Given: []string{"event", "job", "release"}, Request: protocol.WebhookRequest{
		Webhook: latch.Webhook{ID: "on-call", URL: "https://old.example.com/${job.id}", Secret: "old", Method: "POST",
			Body:        json.RawMessage(`{"a":1}`),
			ContentType: "application/json", Timeout: latch.Duration(20 * time.Second), CloudEvents: "structured", Preset: "slack"},
		Event: latch.Event{Event: "JOB_FAILURE"}, Variables: expr.Variables{"job": json.RawMessage(`{"id":"j"}`)},
	}}
}

// A webhook that was registered or enabled again this moment gets what waits for it.
func TestNothingIsWithdrawnByWhatWasTrueAMomentAgo(t *testing.T) {
	t.Parallel()
	webhook := func(enabled string) *latch.RegisteredWebhook {
		read := new(latch.RegisteredWebhook)
		require.NoError(t, latch.Unmarshal([]byte(`{"id":"on-call","event":"JOB_FAILURE","url":"https://new.example.com","enabled":`+enabled+`}`), read))
		return read
	}
	for name, before := range map[string]fakeWebhooks{
		"deleted":  {err: registry.ErrUnknown},
		"disabled": {webhook: webhook(`false`)},
	} {
		send := waiting()
		require.NoError(t, renewFrom(t.Context(), fakeWebhooks{webhook: webhook(`true`), before: &before}, &send), name)
		require.Equal(t, "https://new.example.com", send.Request.Webhook.URL, name)

		send = waiting()
		now := fakeWebhooks{err: errors.New("Temporal is away"), before: &before}
		var withdrawal *withdrawnError
		err := renewFrom(t.Context(), now, &send)
		require.ErrorContains(t, err, "Temporal is away", name)
		require.NotErrorAs(t, err, &withdrawal, name)
	}
}

// A waiting delivery uses the current address and authentication of its registered webhook, but
// keeps its content.
func TestWaitingDeliveryGoesByTheWebhookAsItIsNow(t *testing.T) {
	t.Parallel()
	for name, each := range map[string]struct{ now, becomes, withdrawn string }{
		"unchanged": {`"url":"https://old.example.com/${job.id}","secret":"old","timeout":"20s"`,
			`"url":"https://old.example.com/${job.id}","secret":"old","timeout":"20s"`, ""},
		"url":                 {`"url":"https://new.example.com/x"`, `"url":"https://new.example.com/x","timeout":"20s"`, ""},
		"url is now a secret": {`"url_secret":"chat"`, `"url_secret":"chat","timeout":"20s"`, ""},
		"all that proves who sends": {
			`"url":"https://a.example.com","secret":"new","secret_header":"X-A","send_secret":false,
				"headers":{"X-B":"${event}"},"header_secrets":{"X-C":"c"},"auth":{"bearer":"d"}`,
			`"url":"https://a.example.com","secret":"new","secret_header":"X-A","send_secret":false,
				"headers":{"X-B":"${event}"},"header_secrets":{"X-C":"c"},"auth":{"bearer":"d"},
				"timeout":"20s"`, ""},
		"how it is judged and tried again": {
			`"url":"https://a.example.com","success":"response.status == 201","redact":{"json":["/a"]},"retry":{"maximum_attempts":3}`,
			`"url":"https://a.example.com","success":"response.status == 201","redact":{"json":["/a"]},
				"retry":{"maximum_attempts":3},"timeout":"20s"`, ""},
		"a shorter timeout": {`"url":"https://a.example.com","timeout":"5s"`, `"url":"https://a.example.com","timeout":"5s"`, ""},
		"a longer timeout":  {`"url":"https://a.example.com","timeout":"5m"`, `"url":"https://a.example.com","timeout":"20s"`, ""},
		"not what it says":  {`"url":"https://a.example.com","method":"GET"`, `"url":"https://a.example.com","timeout":"20s"`, ""},
		"a variable it was given": {`"url":"https://a.example.com/${release[?'id'].orValue('none')}"`,
			`"url":"https://a.example.com/${release[?'id'].orValue('none')}","timeout":"20s"`, ""},
		"a variable it was not": {`"url":"https://a.example.com/${vars[?'team'].orValue('none')}"`, "",
			`was changed: its url looks at "vars", which this delivery was not given`},
		"a header's variable": {`"url":"https://a.example.com","headers":{"X-A":"${vars.team}"}`, "", `its headers.X-A looks at "vars"`},
		"disabled":            {`"url":"https://a.example.com","enabled":false`, "", "was disabled"},
		"no url":              {``, "", "has no url any more"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now := new(latch.RegisteredWebhook)
			require.NoError(t, latch.Unmarshal([]byte(`{"id":"on-call","event":"JOB_FAILURE"`+comma(each.now)+`}`), now))
			send := waiting()
			err := renewFrom(t.Context(), fakeWebhooks{webhook: now}, &send)
			if each.withdrawn != "" {
				var ended *withdrawnError
				require.ErrorAs(t, err, &ended)
				require.ErrorContains(t, err, each.withdrawn)
				return
			}
			require.NoError(t, err)
			want := waiting()
			var taken latch.Webhook
			require.NoError(t, latch.Unmarshal([]byte(`{"id":"on-call","method":"POST","body":{"a":1},
				"content_type":"application/json","cloudevents":"structured",
				"preset":"slack"`+comma(each.becomes)+`}`), &taken))
			want.Request.Webhook = taken
			require.Equal(t, want, send)
		})
	}
}

func comma(text string) string {
	if text == "" {
		return ""
	}
	return "," + text
}

// The deliveries of a webhook that was deleted, or no longer listens, end. If the registry
// cannot be read, nothing is sent and nothing ends.
func TestWaitingDeliveryIsCutOff(t *testing.T) {
	t.Parallel()
	other := &latch.RegisteredWebhook{Webhook: latch.Webhook{ID: "on-call", URL: "https://a.example.com", Event: "JOB_SUCCESS"}}
	off := false
	silent := &latch.RegisteredWebhook{
		Webhook: latch.Webhook{ID: "on-call", URL: "https://a.example.com", Events: []latch.Event{{Event: "JOB_FAILURE", Enabled: &off}}}}
	for name, each := range map[string]struct {
		registered fakeWebhooks
		withdrawn  bool
		says       string
	}{
		"deleted":           {fakeWebhooks{err: registry.ErrUnknown}, true, `the registered webhook "on-call" was deleted`},
		"other event":       {fakeWebhooks{webhook: other}, true, "does not listen to JOB_FAILURE any more"},
		"event is disabled": {fakeWebhooks{webhook: silent}, true, "does not listen to JOB_FAILURE any more"},
		"unread":            {fakeWebhooks{err: errors.New("no connection")}, false, `look up the registered webhook "on-call"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			send := waiting()
			err := renewFrom(t.Context(), each.registered, &send)
			var ended *withdrawnError
			require.Equal(t, each.withdrawn, errors.As(err, &ended))
			require.ErrorContains(t, err, each.says)
			require.Equal(t, waiting(), send)
		})
	}
}

// Each key of a webhook is either taken from its current version, or stays as it was sent, or
// says whether the webhook is sent at all.
func TestEveryKeyIsTakenOverOrStays(t *testing.T) {
	t.Parallel()
	stays := []string{"id", "method", "content_type", "body", "preset", "interactive", "cloudevents", "enabled", "path",
		"ordered", "rate", "event", "events"}
	var now latch.RegisteredWebhook
	filled.Set(&now.Webhook)
	of := reflect.TypeFor[latch.Webhook]()
	taken := reflect.ValueOf(renewed(latch.Webhook{}, &now))
	for i := range of.NumField() {
		key := fields.Key(of.Field(i))
		require.Equal(t, !slices.Contains(stays, key), !taken.Field(i).IsZero(), key)
	}
}
