package latch_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Contract, "Watch": all problems of a watch are reported at once, each with its path.
func TestContractWatch(t *testing.T) {
	t.Parallel()
	const webhooks = `"webhooks":[{"id":"w","url":"https://example.com/","event":"WORKFLOW_FAILED"}]`
	for _, test := range []struct {
		name, watch string
		wrong       []string
	}{
		{"whole", `{"id":"payments","query":"WorkflowType = 'Pay'","vars":{"a":1},` + webhooks + `}`, nil},
		{"a number as its id", `{"id":7,"query":"WorkflowType = 'Pay'",` + webhooks + `}`, nil},
		{"as it is shown", `{"id":"a","query":"b","task_queue":"q","managed_by":"me","created_at":"2026-11-29T12:00:00.000Z",
			"updated_at":"2026-11-29T12:00:00.000Z","warnings":[],` + webhooks + `}`, nil},
		{"nothing", `{}`, []string{"id: required", "query: required", "webhooks: required"}},
		{"a blank query", `{"id":"a","query":" ",` + webhooks + `}`, []string{"query: required"}},
		{"a long query", `{"id":"a","query":"` + strings.Repeat("x", 8193) + `",` + webhooks + `}`,
			[]string{"query: has 8193 bytes; the limit is 8192"}},
		{"an unknown key", `{"id":"a","qeury":"b",` + webhooks + `}`, []string{`qeury`, "query: required"}},
		{"Temporal's own id", `{"id":"temporal-sys-a","query":"b",` + webhooks + `}`, []string{"id: \"temporal-sys-a\" is reserved"}},
		{"a misspelt event", `{"id":"a","query":"b","webhooks":[{"id":"w","url":"https://example.com/","event":"WORKFLOW_TIMEDOUT"}]}`,
			[]string{`webhooks[0].event: unknown event "WORKFLOW_TIMEDOUT"`}},
		{"events of others", `{"id":"a","query":"b","webhooks":[{"id":"w","url":"https://example.com/","events":[
			{"event":"WORKFLOW_FAILED"},{"event":"JOB_FAILURE"},{"event":"MADE"},{"event":"DELIVERY_EXHAUSTED"}]}]}`,
			[]string{"webhooks[0].events[1].event: a watch never fires JOB_FAILURE",
				"webhooks[0].events[2].event: a watch never fires MADE"}},
		{"a hook that blocks", `{"id":"a","query":"b","webhooks":[{"id":"w","events":[{"event":"WORKFLOW_FAILED","blocking":true}]}]}`,
			[]string{"webhooks[0].events[0].blocking: a hook cannot block at WORKFLOW_FAILED"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := latch.DecodeWatch([]byte(test.watch))
			if test.wrong == nil {
				require.NoError(t, err)
				return
			}
			var problems latch.Problems
			require.ErrorAs(t, err, &problems)
			require.Len(t, problems, len(test.wrong), problems)
			for i, wrong := range test.wrong {
				require.Contains(t, problems[i].String(), wrong)
			}
		})
	}
}

// Each status has its event, and no other event has a status.
func TestCloseStatusAndEvent(t *testing.T) {
	t.Parallel()
	for _, event := range latch.EventsOf(latch.WatchKind) {
		of := latch.Close{Status: latch.CloseStatus(event)}
		require.Equal(t, event, of.Event())
	}
	require.Empty(t, latch.CloseStatus(latch.EventJobFailure))
	require.Empty(t, latch.CloseStatus("WORKFLOW_PAUSED"))
}

// A custom event cannot have the name of a watch's event.
func TestNobodyElseFiresAWatchsEvents(t *testing.T) {
	t.Parallel()
	for event, wrong := range map[string]string{"WORKFLOW_FAILED": "fired by Latch itself", "WORKFLOW_PAUSED": "reserved"} {
		_, err := latch.DecodeEmission(json.RawMessage(`{"event":"` + event + `"}`))
		require.ErrorContains(t, err, wrong)
	}
}
