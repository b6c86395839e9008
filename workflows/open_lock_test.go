package workflows_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Contract, "Records": an open lock names what it holds, its step, and the decision of its
// timeout.
func TestOpenLockTellsWhatItHoldsAndWhatItsTimeoutDoes(t *testing.T) {
	t.Parallel()
	const release = `{"id":"shop","title":"The shop","steps":[{"name":"migrate","do":{"http":{"url":"$R/do"}}}],
		"webhooks":[{"id":"board","events":[$HOOK]}]}`
	const job = `{"id":"nightly","title":"Nightly","task":{"http":{"url":"$R/do"}},"webhooks":[{"id":"board","events":[$HOOK]}]}`
	for _, test := range []struct {
		name, workflow, input, hook string
		want                        latch.OpenLock
	}{
		{name: "waits for ever", workflow: latch.WorkflowRelease, input: release, hook: `{"event":"BEFORE_RELEASE","blocking":true}`,
			want: latch.OpenLock{Event: "BEFORE_RELEASE", Release: "shop", Title: "The shop"}},
		{name: "stops unless it says otherwise", workflow: latch.WorkflowRelease, input: release,
			hook: `{"event":"BEFORE_RELEASE","blocking":true,"lock_timeout":"2h"}`,
			want: latch.OpenLock{Event: "BEFORE_RELEASE", Release: "shop", Title: "The shop", OnTimeout: latch.Stop}},
		{name: "of a step", workflow: latch.WorkflowRelease, input: release,
			hook: `{"event":"AFTER_STEP","blocking":true,"lock_timeout":"2h","on_timeout":"rollback"}`,
			want: latch.OpenLock{Event: "AFTER_STEP", Step: "migrate", Release: "shop", Title: "The shop", OnTimeout: latch.Rollback}},
		{name: "of a job", workflow: latch.WorkflowJobRun, input: job,
			hook: `{"event":"JOB_START","blocking":true,"lock_timeout":"2h","on_timeout":"continue"}`,
			want: latch.OpenLock{Event: "JOB_START", Job: "nightly", Title: "Nightly", OnTimeout: latch.Continue}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			var open []latch.OpenLock
			b.env.RegisterDelayedCallback(func() {
				var status latch.Status
				value, err := b.env.QueryWorkflow(latch.QueryStatus)
				require.NoError(t, err)
				require.NoError(t, value.Get(&status))
				require.Equal(t, test.want.Title, status.Title)
				open = status.Locks
				b.env.SignalWorkflow(latch.MessageReleaseLock, latch.LockRelease{Lock: status.Locks[0].Token})
			}, time.Hour)
			require.NoError(t, b.run(test.workflow, strings.Replace(test.input, "$HOOK", test.hook, 1)))
			require.Len(t, open, 1)
			require.Equal(t, test.want.OnTimeout != "", !open[0].Until.IsZero())
			want := test.want
			require.Regexp(t, `^sha256:[0-9a-f]{64}$`, open[0].Digest)
			want.Webhook, want.Token, want.Since, want.Until, want.Digest = "board", open[0].Token, open[0].Since, open[0].Until, open[0].Digest
			require.Equal(t, want, open[0])
		})
	}
}
