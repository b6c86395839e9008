package e2e

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/server"
)

// A releaseRow is a row of the list of releases, and a lockRow one of locks.
type releaseRow struct {
	ID, Title, Status, Phase, Event, Step, Reason string
	WaitsFor                                      []struct {
		Webhook, Event string
		Since, Until   latch.Time
		OnTimeout      string `json:"on_timeout"`
	} `json:"waits_for"`
	WorkflowID string     `json:"workflow_id"`
	RunID      string     `json:"run_id"`
	StartedAt  latch.Time `json:"started_at"`
	ClosedAt   latch.Time `json:"closed_at"`
	Partial    bool
}

type releasePart struct {
	Releases   []releaseRow
	NextCursor string `json:"next_cursor"`
}

type lockPart struct {
	Locks []struct {
		latch.OpenLock
		WorkflowID string `json:"workflow_id"`
	}
	NextCursor string `json:"next_cursor"`
}

// releases returns all pages of the list.
func (i *island) releases(query string) (rows []releaseRow, parts int) {
	i.Helper()
	for cursor := ""; parts == 0 || cursor != ""; parts++ {
		var got releasePart
		i.as("read-key-0123456789", "GET", "/latch/v1/releases?"+query+"&cursor="+cursor, "").read(i, 200, &got)
		rows, cursor = append(rows, got.Releases...), got.NextCursor
		require.Less(i, parts, 20)
	}
	return rows, parts
}

// statuses returns the statuses by id.
func statuses(rows []releaseRow) map[string]string {
	all := map[string]string{}
	for _, row := range rows {
		all[row.ID] = row.Status
	}
	return all
}

// launch starts a release, and waits for its lock if it is held.
func (i *island) launch(id, definition string) {
	i.Helper()
	_, err := i.client.ExecuteWorkflow(i.ctx, client.StartWorkflowOptions{ID: "release-" + id, TaskQueue: i.queue},
		latch.WorkflowRelease, json.RawMessage(definition))
	require.NoError(i, err)
}

// several launches a release for each ending, and one that waits at its step for four hours at
// most.
func (i *island) several() map[string]string {
	i.Helper()
	const work = `"do":{"workflow":{"type":"latch.Emit","input":{"event":"MIGRATED"}}}`
	launch := func(id, webhooks, task string) {
		i.launch(id, `{"id":"`+id+`","title":"The `+id+`","on_cancel":"stop","webhooks":[`+webhooks+`],"steps":[{"name":"migrate",`+task+`}]}`)
	}
	launch("done", "", work)
	launch("broken", "", `"do":{"command":{"argv":["no-such-command"]}}`)
	launch("halted", `{"id":"board","events":[{"event":"BEFORE_RELEASE","blocking":true,"lock_timeout":"1ms"}]}`, work)
	launch("undone", `{"id":"board","events":[{"event":"BEFORE_RELEASE","blocking":true,"lock_timeout":"1ms","on_timeout":"rollback"}]}`, work)
	launch("dropped", `{"id":"board","events":[{"event":"BEFORE_RELEASE","blocking":true}]}`, work)
	require.NoError(i, i.client.CancelWorkflow(i.ctx, "release-dropped", ""))
	i.launch("refused", `{"id":"refused","steps":[]}`)
	launch("held", `{"id":"board","events":[{"event":"BEFORE_STEP","blocking":true,"lock_timeout":"4h","on_timeout":"rollback"}]}`, work)
	return map[string]string{"done": "released", "broken": "failed", "halted": "stopped", "undone": "rolled_back",
		"dropped": "cancelled", "refused": "failed", "held": "running"}
}

// Contract, "Lists": releases are listed with their result, their current step and the locks
// that they wait for; by status, by time and page by page; with search attributes and without
// them; and without a worker.
func TestReleasesAndLocksAreListed(t *testing.T) {
	t.Parallel()
	for name, test := range attributed {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			i := newIsland(t, test.options, test.settings...)
			want := i.several()
			var rows []releaseRow
			require.Eventually(t, func() bool {
				rows, _ = i.releases("")
				return len(rows) == len(want) && rows[0].Phase == "waiting" && len(rows[0].WaitsFor) == 1 && equal(want, statuses(rows))
			}, patience, tick, "%+v", rows)
			i.checkHeld(rows[0])
			for _, row := range rows[1:] {
				require.False(t, row.ClosedAt.IsZero(), row.ID)
				require.Empty(t, row.WaitsFor, row.ID)
				require.Equal(t, "release-"+row.ID, row.WorkflowID)
				if row.ID != "refused" {
					require.Equal(t, "The "+row.ID, row.Title)
				}
			}
			require.True(t, slices.IsSortedFunc(rows[1:],
				func(a, b releaseRow) int { return b.ClosedAt.Compare(a.ClosedAt.Time) }), "the last closed first")
			for _, status := range []string{"released", "failed", "stopped", "rolled_back", "cancelled", "running"} {
				found, _ := i.releases("status=" + status + "&since=1h")
				for _, row := range found {
					require.Equal(t, want[row.ID], row.Status)
					require.Equal(t, status, row.Status)
				}
				require.NotEmpty(t, found, status)
			}
			single, parts := i.releases("limit=1")
			require.Equal(t, rows, single, "each once, in the same order")
			require.GreaterOrEqual(t, parts, len(want))
			none, _ := i.releases("until=1h")
			require.Empty(t, none)

			i.checkLocks()
			require.NoError(t, i.worker.Kill())
			alone, _ := i.releases("status=running")
			require.Len(t, alone, 1)
			require.True(t, alone[0].Partial)
			require.Equal(t, "The held", alone[0].Title)
			require.Equal(t, "board", alone[0].WaitsFor[0].Webhook, "no worker is needed to see who waits")
			i.checkLocks()
		})
	}
}

func equal(a, b map[string]string) bool {
	for id, status := range a {
		if b[id] != status {
			return false
		}
	}
	return len(a) == len(b)
}

// checkHeld checks the row of the release that waits.
func (i *island) checkHeld(row releaseRow) {
	i.Helper()
	require.Equal(i, "held", row.ID)
	require.Equal(i, "The held", row.Title)
	require.Equal(i, "migrate", row.Step)
	require.Equal(i, "BEFORE_STEP", row.Event)
	require.True(i, row.ClosedAt.IsZero())
	wait := row.WaitsFor[0]
	require.Equal(i, "board", wait.Webhook)
	require.Equal(i, "rollback", wait.OnTimeout)
	require.Equal(i, 4.0, wait.Until.Sub(wait.Since.Time).Hours())
	answer := i.as("read-key-0123456789", "GET", "/latch/v1/releases?status=running", "")
	require.NotContains(i, answer.body, "release-held:board:", "no token")
}

// checkLocks checks the list of locks, which has one entry.
func (i *island) checkLocks() {
	i.Helper()
	for _, query := range []string{"", "release=held", "webhook=board&event=BEFORE_STEP"} {
		var got lockPart
		i.as("read-key-0123456789", "GET", "/latch/v1/locks?"+query, "").read(i, 200, &got)
		require.Len(i, got.Locks, 1, query)
		lock := got.Locks[0]
		require.True(i, strings.HasPrefix(lock.Token, "release-held:board:"))
		require.Equal(i, "held The held migrate rollback", strings.Join([]string{lock.Release, lock.Title, lock.Step, lock.OnTimeout}, " "))
		require.Empty(i, got.NextCursor)
	}
	for _, query := range []string{"release=done", "job=held", "event=BEFORE_RELEASE"} {
		var got lockPart
		i.as("read-key-0123456789", "GET", "/latch/v1/locks?"+query, "").read(i, 200, &got)
		require.Empty(i, got.Locks, query)
	}
}

// starter release list, lock list and webhook list, with Temporal and with the API.
func TestStarterLists(t *testing.T) {
	t.Parallel()
	i := newIsland(t, server.Options{})
	want := i.several()
	i.as("admin-key=1-0123456789", http.MethodPut, "/latch/v1/webhooks/on-call",
		`{"url":"`+i.receiver.URL+`/x?token=s3cret-value","enforced":true,"events":[{"event":"JOB_FAILURE"}]}`).read(t, 200, nil)
	for name, settings := range map[string][]string{
		"on Temporal": {"TEMPORAL_ADDRESS=" + i.address},
		"by the API":  i.viaAPI("read-key-0123456789"),
	} {
		t.Run(name, func(t *testing.T) {
			var releases struct {
				Releases   []releaseRow
				More       bool
				NextCursor string `json:"next_cursor"`
			}
			require.Eventually(t, func() bool {
				i.starter(settings, "release", "list", "-o", "json").read(t, 0, &releases)
				return equal(want, statuses(releases.Releases)) && releases.Releases[0].Phase == "waiting" && len(releases.Releases[0].WaitsFor) == 1
			}, patience, tick)
			require.False(t, releases.More)
			i.checkHeld(releases.Releases[0])
			i.starter(settings, "release", "list", "--limit", "2", "-o", "json").read(t, 0, &releases)
			require.True(t, releases.More)
			require.Len(t, releases.Releases, 2)
			seen := releases.Releases[1].RunID
			i.starter(settings, "release", "list", "--limit", "1", "--cursor", releases.NextCursor, "-o", "json").read(t, 0, &releases)
			require.NotEqual(t, seen, releases.Releases[0].RunID)
			table := i.starter(settings, "release", "list", "--status", "stopped", "--since", "1h")
			require.Equal(t, 0, table.code, table.err)
			require.Contains(t, table.out, "\nhalted\tThe halted\tstopped\t-\t-\t20")

			var locks lockPart
			i.starter(settings, "lock", "list", "-o", "json").read(t, 0, &locks)
			require.Len(t, locks.Locks, 1)
			listed := i.starter(settings, "lock", "list", "--release", "held")
			require.Equal(t, 0, listed.code, listed.err)
			require.Contains(t, listed.out, "\tboard\tBEFORE_STEP (migrate)\trelease held\tThe held\t20")
			require.Contains(t, listed.out, "\trollback\t"+locks.Locks[0].Token+"\n")

			hooks := i.starter(settings, "webhook", "list")
			require.Equal(t, 0, hooks.code, hooks.err)
			require.Contains(t, hooks.out, "\non-call\tJOB_FAILURE\t"+i.receiver.URL+"/x?token=***\t-\tyes\tyes\t-\t20")
			wrong := i.starter(settings, "release", "list", "--status", "done")
			require.Equal(t, 2, wrong.code)
			require.Contains(t, wrong.err, `--status: "done" is not a status of a release`)
		})
	}
	var locks lockPart
	i.starter(i.viaAPI("lock-key-0123456789"), "lock", "list", "-o", "json").read(t, 0, &locks)
	removed := i.starter(i.viaAPI("lock-key-0123456789"), "lock", "release", locks.Locks[0].Token, "--reason", "seen in the list")
	require.Equal(t, 0, removed.code, removed.err)
	require.Eventually(t, func() bool {
		var got lockPart
		i.as("read-key-0123456789", "GET", "/latch/v1/locks?release="+url.QueryEscape("held"), "").read(t, 200, &got)
		return len(got.Locks) == 0
	}, patience, tick)
}
