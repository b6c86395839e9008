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
