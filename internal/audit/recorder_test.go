package audit_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/audit"
	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/runs"
	"github.com/latch-run/latch/internal/runs/runstest"
)

const linkKey = "link-key-0123456789"

// A desk is a recorder with what it wrote.
type desk struct {
	*audit.Recorder
	temporal *runstest.Temporal
	log      *strings.Builder
	lost     []error
}

func newDesk() *desk {
	d := &desk{temporal: &runstest.Temporal{Now: noon}, log: new(strings.Builder)}
	all := runs.New(runs.Options{Client: d.temporal, Namespace: "default"})
	d.Recorder = audit.NewRecorder(audit.Options{Log: audit.New(all, "q"), LinkKey: []byte(linkKey),
		Logger: slog.New(slog.NewTextHandler(d.log, nil)), Metrics: client.MetricsNopHandler,
		Lost: func(_ int, err error) { d.lost = append(d.lost, err) }})
	return d
}

func act(by string) latch.AuditEntry {
	return latch.AuditEntry{Action: latch.AuditReleaseStop, Outcome: latch.AuditDone, Via: latch.ViaAPI, By: by, WorkflowID: "release-shop"}
}

func refusal(by, remote string) latch.AuditEntry {
	return latch.AuditEntry{Action: latch.AuditAccess, Outcome: latch.AuditRefused, Via: latch.ViaAPI, By: by,
		Remote: remote, Status: 401, Error: "Unknown API key."}
}

// An act is in the audit once it is noted, also among many at a time, and in the log as one line.
func TestActsAreNoted(t *testing.T) {
	t.Parallel()
	d := newDesk()
	var group sync.WaitGroup
	for i := range 200 {
		group.Go(func() { d.Note(t.Context(), act(fmt.Sprint("ann-", i))) })
	}
	group.Wait()
	require.Len(t, d.temporal.AuditedSoFar(), 200)
	require.Equal(t, 200, strings.Count(d.log.String(), "msg=audit action=release.stop outcome=done via=api by=ann-"))
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	d.Note(gone, act("bob"))
	require.Len(t, d.temporal.AuditedSoFar(), 201, "the act was done, although its caller has gone away")
	require.Empty(t, d.lost)
}

// What Temporal does not take is lost, and said so.
func TestLostEntries(t *testing.T) {
	t.Parallel()
	d := newDesk()
	d.temporal.Unreachable = errors.New("no route to host")
	d.Note(t.Context(), act("ann"))
	require.Len(t, d.lost, 1)
	require.ErrorContains(t, d.lost[0], "no route to host")
	require.Contains(t, d.log.String(), "by=ann")
	require.Contains(t, d.log.String(), "the audit lacks entries")
}

// Refusals that are alike become one entry a minute, also from as many addresses as there are.
func TestRefusalsAreCounted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		began := time.Now()
		for range 1000 {
			d.Refuse(refusal("", "192.0.2.1"))
		}
		time.Sleep(10 * time.Second)
		d.Refuse(refusal("", "192.0.2.1"))
		d.Refuse(refusal("eye", "192.0.2.2"))
		synctest.Wait()
		require.Empty(t, d.temporal.AuditedSoFar())
		time.Sleep(time.Minute)
		synctest.Wait()
		require.Len(t, d.temporal.AuditedSoFar(), 2)
		first := d.temporal.AuditedSoFar()[0]
		require.Equal(t, 1001, first.Count)
		require.Equal(t, latch.NewTime(began), first.First)
		require.Equal(t, latch.NewTime(began.Add(10*time.Second)), first.Last)
		require.Equal(t, "eye", d.temporal.AuditedSoFar()[1].By)

		for i := range 5000 {
			d.Refuse(refusal("", fmt.Sprintf("192.0.%d.%d", i/250, i%250)))
		}
		require.NoError(t, d.Close(t.Context()))
		require.Len(t, d.temporal.AuditedSoFar(), 2+501, "one for those that found no room")
		total := 0
		for _, entry := range d.temporal.AuditedSoFar()[2:] {
			total += entry.Count
		}
		require.Equal(t, 5000, total)
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Len(t, d.temporal.AuditedSoFar(), 503)
	})
}

// Entries have no links that open locks and no tokens of locks, and their texts are bounded.
func TestEntriesAreClean(t *testing.T) {
	t.Parallel()
	const token = "release-shop:board:r4nd0m"
	d := newDesk()
	entry := act(strings.Repeat("ü", 1000))
	entry.Reason = "as in https://latch.example.com/locks/" + token + "?link=" + locklink.Sign([]byte(linkKey),
		token) + strings.Repeat(" x", 2000)
	entry.Groups = make([]string, 500)
	audit.OfLock(&entry, token)
	d.Note(t.Context(), entry)
	kept := d.temporal.AuditedSoFar()[0]
	require.NotContains(t, d.log.String(), token)
	require.NotContains(t, kept.Reason, "r4nd0m")
	require.NotContains(t, kept.Reason, locklink.Sign([]byte(linkKey), token))
	require.Equal(t, []string{"release-shop", "board"}, []string{kept.WorkflowID, kept.Webhook})
	require.LessOrEqual(t, len(kept.By), 300)
	require.LessOrEqual(t, len(kept.Reason), 1000)
	require.Len(t, kept.Groups, 20)
}

// Without a recorder nothing is noted.
func TestNoRecorder(t *testing.T) {
	t.Parallel()
	var none *audit.Recorder
	none.Note(t.Context(), act("ann"))
	none.Refuse(refusal("", ""))
	require.NoError(t, none.Close(t.Context()))
}

// A token is hidden in each spelling that an error or a reason may have.
func TestTokensAreHiddenHoweverTheyAreSpelled(t *testing.T) {
	t.Parallel()
	const token = "release-\"größe\" \u202e\a\U000e0001%1:board:r4nd0m"
	for name, spelled := range map[string]string{
		"as it is":   token,
		"by %q":      strings.Trim(fmt.Sprintf("%q", token), `"`),
		"in JSON":    strings.Trim(string(rawjson.Encode(token)), `"`),
		"in a path":  url.PathEscape(token),
		"in a query": url.QueryEscape(token),
	} {
		entry := latch.AuditEntry{Error: "lock " + spelled + " is unknown to this run", Reason: spelled}
		audit.OfLock(&entry, token)
		require.Equal(t, "lock *** is unknown to this run", entry.Error, name)
		require.Equal(t, "***", entry.Reason, name)
	}
}
