package audit_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/audit"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/runs"
	"github.com/latch-run/latch/internal/runs/runstest"
)

var noon = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// signalled is an event that appended entries, so many minutes after noon.
func signalled(id int64, minutes int, argument any) *historypb.HistoryEvent {
	return &historypb.HistoryEvent{EventId: id, EventTime: timestamppb.New(noon.Add(time.Duration(minutes) * time.Minute)),
		EventType: enumspb.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED, Attributes: &historypb.HistoryEvent_WorkflowExecutionSignaledEventAttributes{
			WorkflowExecutionSignaledEventAttributes: &historypb.WorkflowExecutionSignaledEventAttributes{
				SignalName: protocol.SignalAudit, Input: runstest.Payloads(argument)}}}
}

func entriesOf(names ...string) protocol.AuditEntries {
	var entries protocol.AuditEntries
	for _, name := range names {
		action, outcome := latch.AuditReleaseStop, latch.AuditDone
		if strings.HasPrefix(name, "x") {
			action, outcome = latch.AuditAccess, latch.AuditRefused
		}
		entries.Entries = append(entries.Entries, latch.AuditEntry{Action: action, Outcome: outcome, Via: latch.ViaAPI, By: name})
	}
	return entries
}

// aLog is an audit of one run with the events.
func aLog(events func() []*historypb.HistoryEvent) *audit.Log {
	temporal := &runstest.Temporal{Now: noon}
	temporal.Add(protocol.AuditID("q"), latch.WorkflowAudit,
		enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING).History = func() ([]*historypb.HistoryEvent, error) {
		return events(), nil
	}
	return audit.New(runs.New(runs.Options{Client: temporal, Namespace: "default"}), "q")
}

func names(part *audit.Part) []string {
	var all []string
	for i := range part.Entries {
		all = append(all, part.Entries[i].By)
	}
	return all
}

func events() []*historypb.HistoryEvent {
	return []*historypb.HistoryEvent{{EventId: 1, EventTime: timestamppb.New(noon)}, signalled(2, 1, entriesOf("ann", "bob")),
		{EventId: 3, EventTime: timestamppb.New(noon)}, signalled(4, 2, "not entries"), signalled(5, 3,
			entriesOf("xeve")), signalled(6, 4, entriesOf("cy", "ann"))}
}

// Entries are read from the history, the newest first, each once whatever the limit is, while
// others are appended.
func TestPages(t *testing.T) {
	t.Parallel()
	for limit := 1; limit <= 6; limit++ {
		all := events()
		log := aLog(func() []*historypb.HistoryEvent { return all })
		var read []string
		ids := map[string]bool{}
		unread, cursor := 0, ""
		for range 10 {
			part, err := log.Page(t.Context(), audit.Filter{}, cursor, limit)
			require.NoError(t, err)
			require.LessOrEqual(t, len(part.Entries), limit)
			read = append(read, names(part)...)
			unread += part.Unread
			for _, entry := range part.Entries {
				require.False(t, ids[entry.ID], entry.ID)
				ids[entry.ID] = true
			}
			all = append(all, signalled(int64(len(all)+1), len(all), entriesOf("later")))
			if cursor = part.NextCursor; cursor == "" {
				require.Equal(t, latch.NewTime(noon), part.BeginsAt)
				break
			}
		}
		require.Equal(t, []string{"ann", "cy", "xeve", "bob", "ann"}, read, "limit %d", limit)
		require.Equal(t, 1, unread)
	}
}

// A long history is read page by page.
func TestALongHistory(t *testing.T) {
	t.Parallel()
	long := make([]*historypb.HistoryEvent, 3000)
	for i := range long {
		long[i] = signalled(int64(i+1), i, entriesOf(fmt.Sprint("p", i)))
	}
	log := aLog(func() []*historypb.HistoryEvent { return long })
	read, cursor := 0, ""
	for {
		part, err := log.Page(t.Context(), audit.Filter{}, cursor, 700)
		require.NoError(t, err)
		for _, entry := range part.Entries {
			read++
			require.Equal(t, fmt.Sprint("p", 3000-read), entry.By)
		}
		if cursor = part.NextCursor; cursor == "" {
			break
		}
	}
	require.Equal(t, 3000, read)
}

// A filter takes what it says.
func TestFilter(t *testing.T) {
	t.Parallel()
	at := func(minutes int) time.Time { return noon.Add(time.Duration(minutes) * time.Minute) }
	for name, c := range map[string]struct {
		filter audit.Filter
		want   []string
	}{
		"by":         {audit.Filter{By: "ann"}, []string{"ann", "ann"}},
		"action":     {audit.Filter{Action: latch.AuditAccess}, []string{"xeve"}},
		"whole kind": {audit.Filter{Action: "release"}, []string{"ann", "cy", "bob", "ann"}},
		"outcome":    {audit.Filter{Outcome: latch.AuditRefused}, []string{"xeve"}},
		"since":      {audit.Filter{Since: at(3)}, []string{"ann", "cy", "xeve"}},
		"until":      {audit.Filter{Until: at(3)}, []string{"bob", "ann"}},
		"between":    {audit.Filter{Since: at(2), Until: at(4)}, []string{"xeve"}},
		"nobody":     {audit.Filter{By: "nobody"}, nil},
	} {
		part, err := aLog(events).Page(t.Context(), c.filter, "", 100)
		require.NoError(t, err)
		require.Equal(t, c.want, names(part), name)
		require.Empty(t, part.NextCursor)
	}
}

// What cannot be asked is refused, by the argument's name.
func TestWrongArguments(t *testing.T) {
	t.Parallel()
	for says, call := range map[string]struct {
		filter audit.Filter
		cursor string
	}{
		`action: "release.stopp" is not an action`: {filter: audit.Filter{Action: "release.stopp"}},
		`did you mean "release.stop"?`:             {filter: audit.Filter{Action: "release.stopp"}},
		`outcome: "fine" is not an outcome`:        {filter: audit.Filter{Outcome: "fine"}},
		"since: ":                                  {filter: audit.Filter{Since: noon, Until: noon}},
		`cursor: "x" is not the next_cursor`:       {cursor: "x"},
		"is not the next_cursor of an":             {cursor: base64.RawURLEncoding.EncodeToString([]byte(`{"run_id":"r","skip":-1}`))},
	} {
		_, err := aLog(events).Page(t.Context(), call.filter, call.cursor, 100)
		var argument *runs.ArgumentError
		require.ErrorAs(t, err, &argument)
		require.ErrorContains(t, err, says)
	}
}

// Without the workflow there are no entries.
func TestNothingYet(t *testing.T) {
	t.Parallel()
	log := audit.New(runs.New(runs.Options{Client: &runstest.Temporal{}, Namespace: "default"}), "q")
	part, err := log.Page(t.Context(), audit.Filter{}, "", 100)
	require.NoError(t, err)
	require.Equal(t, &audit.Part{Entries: []latch.AuditEntry{}}, part)
}
