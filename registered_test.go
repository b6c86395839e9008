package latch

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A registered webhook must satisfy the rules of each event's run.
func TestDecodeRegisteredWebhook(t *testing.T) {
	t.Parallel()
	for name, each := range map[string]struct{ source, problem string }{
		"jobs and releases": {`{"id":"w","url":"https://example.com",
			"events":[
				{"event":"JOB_START","blocking":true},
				{"event":"BEFORE_RELEASE","stop_release":"true"}]}`, ""},
		"when": {`{"id":"w","url":"https://example.com","event":"JOB_FAILURE","when":"'etl' in job.tags"}`, ""},
		"given back": {`{"id":"w","url":"https://example.com","event":"JOB_FAILURE",
			"created_at":"2026-01-01T00:00:00.000Z","updated_at":"2026-01-01T00:00:00.000Z"}`, ""},
		"gate":  {`{"id":"w","url":"https://example.com","events":[{"event":"PASSED_TESTS","rollback_release":"true"}]}`, ""},
		"no id": {`{"url":"https://example.com","event":"JOB_FAILURE"}`, "id: required"},
		"colon": {`{"id":"a:b","url":"https://example.com","event":"JOB_FAILURE"}`, `id: "a:b" has a colon`},
		"job rolls back": {`{"id":"w","events":[{"event":"JOB_START","blocking":true,"on_timeout":"rollback"}]}`,
			"events[0].on_timeout: a job cannot be rolled back"},
		"job decides": {
			`{"id":"w","url":"https://example.com","events":[{"event":"JOB_START","stop_release":"true"}]}`, "events[0].stop_release"},
		"unknown key": {`{"id":"w","url":"https://example.com","event":"JOB_FAILURE","wehn":"true"}`,
			`wehn: unknown key; did you mean "when"?`},
		"no event": {`{"id":"w","url":"https://example.com"}`, "events: required"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			webhook, err := DecodeRegisteredWebhook([]byte(each.source))
			if each.problem != "" {
				require.ErrorContains(t, err, each.problem)
				return
			}
			require.NoError(t, err)
			encoded, err := json.Marshal(webhook)
			require.NoError(t, err)
			again, err := DecodeRegisteredWebhook(encoded)
			require.NoError(t, err)
			require.Equal(t, webhook, again)
		})
	}
}

// The name of an owner is bounded, whatever is declared.
func TestOwnersAreBounded(t *testing.T) {
	t.Parallel()
	const webhook = `"url":"https://example.com","event":"WORKFLOW_FAILED"`
	for kind, decode := range map[string]func(owner string) error{
		"webhook": func(owner string) error {
			_, err := DecodeRegisteredWebhook(fmt.Appendf(nil, `{"id":"a",%s,"managed_by":%q}`, webhook, owner))
			return err
		},
		"watch": func(owner string) error {
			_, err := DecodeWatch(fmt.Appendf(nil, `{"id":"a","query":"b","webhooks":[{"id":"w",%s}],"managed_by":%q}`, webhook, owner))
			return err
		},
		"freeze": func(owner string) error {
			const windows = `"windows":[{"start":"0 0 1 1 *","end":"0 0 2 1 *"}]`
			_, err := DecodeFreeze(fmt.Appendf(nil, `{"id":"a",%s,"managed_by":%q}`, windows, owner))
			return err
		},
	} {
		require.NoError(t, decode(strings.Repeat("x", 100)), kind)
		require.EqualError(t, decode(strings.Repeat("x", 101)), "managed_by: has 101 bytes; the limit is 100", kind)
	}
}

// A run gets from a registered webhook the events that it fires.
func TestRegisteredWebhookForARun(t *testing.T) {
	t.Parallel()
	webhook, err := DecodeRegisteredWebhook([]byte(`{"id":"w","url":"https://example.com",
		"events":[
			{"event":"JOB_START"},
			{"event":"JOB_FAILURE","enabled":false},
			{"event":"BEFORE_RELEASE"},
			{"event":"INSTANCE_CREATED","stop_release":"true"},
			{"event":"PASSED_TESTS"}]}`))
	require.NoError(t, err)
	for name, each := range map[string]struct {
		kind   Kind
		fired  string
		events []string
	}{
		"job":            {JobKind, "", []string{"JOB_START"}},
		"release":        {ReleaseKind, "", []string{"BEFORE_RELEASE"}},
		"emission":       {EmissionKind, "PASSED_TESTS", []string{"PASSED_TESTS"}},
		"other emission": {EmissionKind, "SOMETHING_ELSE", nil},
	} {
		t.Run(name, func(t *testing.T) {
			taken, listens := webhook.For(each.kind, each.fired)
			var events []string
			for _, settings := range taken.Events {
				events = append(events, settings.Event)
			}
			require.Equal(t, each.events, events)
			require.Equal(t, each.events != nil, listens)
		})
	}

	emission, _ := webhook.For(EmissionKind, "INSTANCE_CREATED")
	require.Empty(t, emission.Events[0].StopRelease, "an emission decides nothing")
	gate, _ := webhook.For(GateKind, "INSTANCE_CREATED")
	require.Equal(t, "true", gate.Events[0].StopRelease)

	off := false
	webhook.Enabled = &off
	_, listens := webhook.For(JobKind, "")
	require.False(t, listens)
}

// Only an enforced webhook has groups whose members alone may skip it.
func TestSkipGroupsOfAWebhook(t *testing.T) {
	t.Parallel()
	for name, each := range map[string]struct{ keys, says string }{
		"fine":         {`"enforced":true,"skip_groups":["managers"]`, ""},
		"not enforced": {`"skip_groups":["managers"]`, "skip_groups: needs enforced true"},
		"nobody":       {`"enforced":true,"skip_groups":[]`, "skip_groups: is empty"},
		"twice":        {`"enforced":true,"skip_groups":["a","A"]`, `skip_groups[1]: "A" is named twice`},
		"no list":      {`"enforced":true,"skip_groups":"managers"`, "skip_groups: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			webhook, err := DecodeRegisteredWebhook([]byte(`{"id":"board",` + each.keys + `,"events":[{"event":"BEFORE_RELEASE","blocking":true}]}`))
			if each.says == "" {
				require.NoError(t, err)
				require.Equal(t, []string{"managers"}, webhook.SkipGroups)
				return
			}
			require.ErrorContains(t, err, each.says)
		})
	}
}
