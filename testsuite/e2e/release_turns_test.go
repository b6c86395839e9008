package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/testsuite/receiver"
)

// held is a release that a lock holds, with the concurrency key of the lane.
func (l *lane) held(id, mode string) client.WorkflowRun {
	l.Helper()
	return l.start(latch.WorkflowRelease, l.name+"-"+id, l.spec(`{"id":"`+id+`","concurrency":{"key":"`+l.name+`","mode":"`+mode+`"},"steps":$STEPS(`+id+`),
		"webhooks":[{"id":"board","events":[{"event":"BEFORE_RELEASE","blocking":true}]}]}`))
}

// stands waits until a release says so of itself.
func (l *lane) stands(run client.WorkflowRun, what string, is func(latch.Status) bool) {
	l.Helper()
	require.Eventually(l, func() bool {
		var status latch.Status
		answer, err := shared.client.QueryWorkflow(l.ctx, run.GetID(), run.GetRunID(), latch.QueryStatus)
		return err == nil && answer.Get(&status) == nil && is(status)
	}, time.Minute, 50*time.Millisecond, "%s %s", run.GetID(), what)
}

func holdsLock(status latch.Status) bool { return len(status.Locks) == 1 }

func queuedBehind(n int) func(latch.Status) bool {
	return func(status latch.Status) bool {
		return status.Turn != nil && status.Turn.HeldBy != nil && status.Turn.Ahead == n
	}
}

func (l *lane) finish(run client.WorkflowRun, message string) {
	l.Helper()
	require.NoError(l, shared.client.SignalWorkflow(l.ctx, run.GetID(), "", message, latch.Control{By: "ann"}))
}

// Contract, "Release": releases of one concurrency key run one at a time, in the order
// in which they came; one that is terminated frees the key.
func TestReleasesOfOneKey(t *testing.T) {
	t.Parallel()
	b := setup(t)
	t.Run("queue", func(t *testing.T) {
		t.Parallel()
		l := b.lane(t)
		first := l.held("a", "queue")
		l.stands(first, "runs", holdsLock)
		second := l.held("b", "queue")
		l.stands(second, "waits", queuedBehind(0))
		third := l.held("c", "queue")
		l.stands(third, "waits", queuedBehind(1))
		require.NoError(t, shared.client.TerminateWorkflow(l.ctx, first.GetID(), "", "gone"))
		l.stands(second, "runs", holdsLock)
		l.stands(third, "waits on", queuedBehind(1))
		l.finish(second, latch.MessageStop)
		require.Equal(t, latch.ReleaseStopped, l.outcome(second).Status)
		l.stands(third, "runs", holdsLock)
		l.finish(third, latch.MessageStop)
		require.Equal(t, latch.ReleaseStopped, l.outcome(third).Status)
		l.keep("release-after-its-turn", third.GetID())
		turns := protocol.TurnsPrefix + l.name
		require.NoError(t, shared.client.GetWorkflow(l.ctx, turns, "").Get(l.ctx, nil))
		l.keepOne("turns", turns)
	})
	t.Run("latest", func(t *testing.T) {
		t.Parallel()
		l := b.lane(t)
		first := l.held("a", "queue")
		l.stands(first, "runs", holdsLock)
		second := l.held("b", "latest")
		l.stands(second, "waits", queuedBehind(0))
		third := l.held("c", "latest")
		got := l.outcome(second)
		require.Equal(t, latch.ReleaseCancelled, got.Status)
		require.Contains(t, got.Reason, "release c is newer")
		l.stands(first, "runs on", holdsLock)
		l.finish(first, latch.MessageStop)
		l.stands(third, "runs", holdsLock)
		l.finish(third, latch.MessageStop)
		require.Equal(t, latch.ReleaseStopped, l.outcome(third).Status)
	})
	t.Run("refuse", func(t *testing.T) {
		t.Parallel()
		l := b.lane(t)
		first := l.held("a", "refuse")
		l.stands(first, "runs", holdsLock)
		second := l.held("b", "refuse")
		var refused *temporal.ApplicationError
		require.ErrorAs(t, second.Get(l.ctx, nil), &refused)
		require.Equal(t, latch.ErrorConcurrencyRefused, refused.Type())
		require.Contains(t, refused.Error(), `release "a" holds it`)
		require.NoError(t, shared.client.TerminateWorkflow(l.ctx, first.GetID(), "", "gone"))
		third := l.held("c", "refuse") // at once: the key is free, whoever knows of it
		l.stands(third, "runs", holdsLock)
		l.finish(third, latch.MessageStop)
		require.Equal(t, latch.ReleaseStopped, l.outcome(third).Status)
	})
}

// Contract, "Release": releases that wait for their keys outlive workers that are killed. Each
// runs once, in the order in which they came, and never two of one key at a time.
func TestReleasesWaitForTheirKeysOverKilledWorkers(t *testing.T) {
	t.Parallel()
	const keys, each = 3, 4
	b := setup(t)
	first := b.worker
	b.startWorker()
	second := b.worker
	l := b.lane(t)
	var runs []client.WorkflowRun
	var release []func()
	for key := range keys {
		held, letGo := l.hold(receiver.Answer{})
		release = append(release, letGo)
		l.script(fmt.Sprintf("/%d/0/a", key), held, receiver.Answer{})
		for n := range each {
			run := l.start(latch.WorkflowRelease, fmt.Sprintf("%s-%d-%d", l.name, key, n), l.queued(key, n))
			if n == 0 {
				l.arrived(fmt.Sprintf("/%d/0/a", key), 1)
			} else {
				l.stands(run, "waits", queuedBehind(n-1))
			}
			runs = append(runs, run)
		}
	}
	require.NoError(t, first.Kill())
	for _, letGo := range release {
		letGo()
	}
	b.startWorker()
	l.arrived("/0/1/a", 1)
	require.NoError(t, second.Kill())

	for _, run := range runs {
		require.Equal(t, latch.ReleaseReleased, l.outcome(run).Status, run.GetID())
	}
	for key := range keys {
		var want []string
		for n := range each {
			want = append(want, fmt.Sprintf("%d/%d/a", key, n), fmt.Sprintf("%d/%d/b", key, n))
		}
		require.Equal(t, want, l.inTurn(fmt.Sprintf("%d/", key)))
	}
}

// queued is a release of two steps that waits for a concurrency key. A step whose worker is killed
// is taken again.
func (l *lane) queued(key, n int) string {
	step := func(name string) string {
		return fmt.Sprintf(`{"name":%q,"do":{"http":{"url":"$R/%d/%d/%s","retry":{"initial_interval":"10ms"}}}}`, name, key, n, name)
	}
	return l.spec(fmt.Sprintf(`{"id":"%d-%d","concurrency":{"key":"%s-%d","mode":"queue"},"steps":[%s,%s]}`,
		key, n, l.queue, key, step("a"), step("b")))
}

// inTurn returns the requests of a key in their order. An attempt that was made again for a worker
// that was killed has the key of the first one, and counts with it.
func (l *lane) inTurn(prefix string) []string {
	l.Helper()
	var paths []string
	keys := map[string]string{}
	for _, request := range l.receiver.Requests("") {
		path, mine := strings.CutPrefix(request.Path, "/"+l.name+"/")
		if !mine || !strings.HasPrefix(path, prefix) {
			continue
		}
		key := request.Header.Get("Idempotency-Key")
		require.NotEmpty(l, key)
		if known, again := keys[path]; again {
			require.Equal(l, known, key, "%s was called by two runs", path)
		}
		keys[path] = key
		paths = append(paths, path)
	}
	return slices.Compact(paths)
}
