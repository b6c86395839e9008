package console

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Each key of an event has a field: an event's settings have no box for the rest.
func TestEachKeyOfAnEventHasAField(t *testing.T) {
	t.Parallel()
	named := []string{"event", "enabled", "body"}
	for _, key := range eventKeys {
		named = append(named, key.name)
	}
	for field := range reflect.TypeFor[latch.Event]().Fields() {
		key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		require.True(t, slices.Contains(named, key), key)
	}
}

// Each key of a webhook has a field, or a group of them, except its owner, which is kept as it is
// among the other keys.
func TestEachKeyOfAWebhookHasAField(t *testing.T) {
	t.Parallel()
	named := append(slices.Clone(plainKeys), keysWithout...)
	for _, key := range hookKeys() {
		named = append(named, key.name)
	}
	for _, object := range hookObjects() {
		named = append(named, object.name)
		require.NotEmpty(t, object.keys, object.name)
	}
	for _, structure := range []reflect.Type{reflect.TypeFor[latch.Webhook](), reflect.TypeFor[latch.RegisteredWebhook]()} {
		for field := range structure.Fields() {
			key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			require.True(t, field.Anonymous || key == "managed_by" || slices.Contains(named, key), key)
		}
	}
}

// A webhook with every key comes through the form unchanged.
func TestEachKeyComesThroughTheForm(t *testing.T) {
	t.Parallel()
	for _, webhook := range []string{
		`{"id":"w","activity":{"type":"Check","task_queue":"shop","args":[1.10,{"a":"${vars.b}"}],` +
			`"timeout":"1m","start_timeout":"2m","heartbeat_timeout":"3s"}}`,
		`{"id":"w","workflow":{"type":"Check","id":"check-${run.run_id}","input":"text","timeout":"1m"}}`,
		`{"id":"w","nexus":{"endpoint":"e","service":"s","operation":"o","input":{"n":1},"timeout":"1m"}}`,
		`{"id":"w","analysis":{"http":{"url":"http://p:9090/","headers":{"A":"b"}},"interval":"30s","count":20,` +
			`"success":"a < 1","failure":"a > 5","failure_limit":2,"inconclusive_limit":1,"error_limit":0,"inconclusive":"stop"}}`,
		`{"id":"w","poll":{"until":"response.data.done","interval":"10s","timeout":"30m"},"soak":"20m","url_secret":"where"}`,
		`{"id":"w","retry":{"initial_interval":"5s","backoff_coefficient":1.5,"maximum_attempts":3,` +
			`"on":[404,"5xx"],"not_on":[501],"deadline":"1h"}}`,
		`{"id":"w","retry":{"schedule":"standard-webhooks"}}`, `{"id":"w","retry":{"schedule":["5s","5m"]}}`,
		`{"id":"w","headers":{"X-Team":"shop"},"header_secrets":{"X-Key":"key"},"auth":{"basic":{"username":"u","password":"p"}},` +
			`"tls":{"ca":"ca"},"redact":{"json":["/a"]},"preset":"slack","interactive":true,"cloudevents":"binary","success":"true",` +
			`"secret_header":"X-S","send_secret":false,"path":"durable","rate":"20/s","ordered":true,"secret":"s","timeout":"30s"}`,
		`{"id":"w","when":"true","enforced":true,"skip_groups":["sre"],"health":{"warn_at":[],"disable_after":"1h"},"managed_by":"shop"}`,
		`{"id":"w","poll":{"until":"true","later":1}}`,
	} {
		var given latch.Object
		require.NoError(t, json.Unmarshal([]byte(webhook), &given))
		draft := draftOf(given, false)
		object, problems := draft.object()
		require.Empty(t, problems)
		got, err := json.Marshal(object)
		require.NoError(t, err)
		require.JSONEq(t, webhook, string(got))
		require.Equal(t, strings.Contains(webhook, "managed_by") || strings.Contains(webhook, "later"), draft.Get("rest") != "", webhook)
	}
	draft := newDraft(false)
	draft.Set("nexus.service", "s")
	object, _ := draft.object()
	require.NotContains(t, object, "method", "a new webhook begins with one, and this one makes no request")
	require.NotContains(t, object, "content_type")
	draft = draftOf(latch.Object{}, false)
	draft.Set("analysis.count", "many")
	draft.Set("analysis.http", "url: http://p:9090/")
	draft.Set("analysis.interval", "30s")
	object, problems := draft.object()
	require.Empty(t, problems, "the API says that it is no number")
	require.JSONEq(t, `{"count":"many","http":{"url":"http://p:9090/"},"interval":"30s"}`, string(object["analysis"]))
	for _, rest := range []string{`{"analysis": {}}`, `{"poll": {"until": "true"}}`} {
		draft.Set("rest", rest)
		_, problems = draft.object()
		require.ErrorContains(t, problems.Err(), `has fields of its own`)
	}
}

// Keys that are JSON come through the form unchanged, and a text that is none is told with its
// event.
func TestEventKeysThatAreJSON(t *testing.T) {
	t.Parallel()
	events := json.RawMessage(`[{"allow_self":false,"approvals":[{"count":2,"groups":["sre"]}],"blocking":true,"escalate":{"after":"24h","users":["ann"]},` +
		`"event":"BEFORE_RELEASE","form":{"properties":{"ticket":{"type":"string"}}},"reject":"quorum","remind":["2h","8h"]}]`)
	draft := draftOf(latch.Object{"id": json.RawMessage(`"board"`), "events": events}, false)
	object, problems := draft.object()
	require.Empty(t, problems)
	require.JSONEq(t, string(events), string(object["events"]))
	draft.Set("event-0-approvals", "- groups: [sre]\n  count: 2")
	object, problems = draft.object()
	require.Empty(t, problems)
	require.JSONEq(t, string(events), string(object["events"]), "YAML is right too")
	draft.Set("event-0-form", "{")
	_, problems = draft.object()
	require.Len(t, problems, 1)
	require.Equal(t, "events[0].form", problems[0].Path)
}
