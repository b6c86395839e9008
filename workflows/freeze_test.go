package workflows_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rehearsal"
)

// holidays is a window from 18:00 on 20 December until 08:00 on 3 January.
const holidays = `"windows":[{"start":"0 18 20 12 *","end":"0 8 3 1 *"}],"override":{"groups":["incident"]}`

// frozenBy has the freezes registered for the bench's releases, in which names need no proof.
func frozenBy(t *testing.T, freezes ...string) []interceptor.WorkerInterceptor {
	t.Helper()
	var registered []latch.RegisteredFreeze
	for _, each := range freezes {
		freeze, err := admission.DecodeFreeze([]byte(each))
		require.NoError(t, err)
		registered = append(registered, *freeze)
	}
	in := func(ctx context.Context, next func(context.Context) (any, error)) (any, error) {
		return next(rehearsal.In(ctx, &rehearsal.World{Now: time.Now, Freezes: registered}))
	}
	return []interceptor.WorkerInterceptor{around(protocol.ActivityAdmit, in), around(protocol.ActivityExamine, in)}
}

// A frozenRelease is a release with freezes, and what it comes to.
type frozenRelease struct {
	name    string
	freezes []string
	// begins is when the release begins.
	begins string
	// vars, steps and events are those of the release; one step and no events unless given.
	vars, steps, events string
	// sends are messages, each to the first lock of a freeze at that time, by update.
	sends []sentToFreeze
	// ends is when the release ends, to the minute.
	ends, status string
	// locks are the locks of freezes, as "webhook at event step, via by".
	locks []string
	then  func(t *testing.T, b *bench, result latch.ReleaseResult)
}

type sentToFreeze struct {
	after   time.Duration
	message string
	// removal is the content of release_lock; any other message is about the lock.
	removal latch.LockRelease
	refused string
}

func overrideBy(by, reason string, groups ...string) latch.LockRelease {
	return latch.LockRelease{By: by, Groups: groups, Reason: reason}
}

// Contract, "Freeze": which releases wait for a freeze, where, until when, and who lets them go on.
func TestFreezes(t *testing.T) {
	t.Parallel()
	xmas := `{"id":"xmas",` + holidays + `}`
	holds := `{"id":"xmas","under_way":"hold",` + holidays + `}`
	const two = `{"name":"a","do":{"http":{"url":"$R/a"}}},{"name":"b","do":{"http":{"url":"$R/b"}}}`
	const soaks = `{"id":"soak","events":[{"event":"AFTER_STEP","soak":"2h"}]}`
	for _, test := range []frozenRelease{
		{name: "before the window", freezes: []string{xmas}, begins: "2026-12-20T17:00Z", ends: "2026-12-20T17:00Z"},
		{name: "within it, until it ends", freezes: []string{xmas}, begins: "2026-12-24T12:00Z", ends: "2027-01-03T08:00Z",
			locks: []string{"freeze:xmas at BEFORE_RELEASE, timeout"}, then: func(t *testing.T, _ *bench, result latch.ReleaseResult) {
				require.Equal(t, "freeze xmas has ended", recordsOf(result.History, "freeze:xmas")[0].Lock.Reason)
			}},
		{name: "when is false", freezes: []string{`{"id":"xmas","when":"'prod' in release.vars.env",` + holidays + `}`},
			vars:   `{"env":["dev"]}`,
			begins: "2026-12-24T12:00Z", ends: "2026-12-24T12:00Z"},
		{name: "when is true", freezes: []string{`{"id":"xmas","when":"'prod' in release.vars.env",` + holidays + `}`},
			vars:   `{"env":["prod"]}`,
			begins: "2026-12-24T12:00Z", ends: "2027-01-03T08:00Z", locks: []string{"freeze:xmas at BEFORE_RELEASE, timeout"}},
		{name: "when fails, and holds", freezes: []string{`{"id":"xmas","when":"'prod' in release.vars.env",` + holidays + `}`}, vars: `{}`,
			begins: "2026-12-24T12:00Z", ends: "2027-01-03T08:00Z", locks: []string{"freeze:xmas at BEFORE_RELEASE, timeout"},
			then: func(t *testing.T, _ *bench, result latch.ReleaseResult) {
				require.Contains(t, recordsOf(result.History, "freeze:xmas")[0].Error, "when: ")
			}},
		{name: "removed by one of the group", freezes: []string{xmas}, begins: "2026-12-24T12:00Z", sends: []sentToFreeze{
			{after: time.Hour, removal: overrideBy("eve", "", "dev"),
				refused: "eve may not vote about this lock; may approve: 1 of incident"},
			{after: time.Hour, message: latch.MessageSkip, refused: `freeze "xmas" is not skipped`},
			{after: time.Hour, message: latch.MessageRecord, refused: "the lock of a freeze"},
			{after: time.Hour, message: latch.MessageExtendLock, refused: `the lock of freeze "xmas" goes away with the freeze`},
			{after: 2 * time.Hour, removal: overrideBy("ann", "", "incident")},
		}, ends: "2026-12-24T14:00Z", locks: []string{"freeze:xmas at BEFORE_RELEASE, update ann"}},
		{name: "who listens to locks is told", freezes: []string{xmas}, begins: "2026-12-24T12:00Z",
			events: `{"id":"log","url":"$R/log","events":[{"event":"LOCK_OPENED"},{"event":"LOCK_REMOVED"}]}`,
			sends:  []sentToFreeze{{after: time.Hour, removal: overrideBy("ann", "", "incident")}},
			ends:   "2026-12-24T13:00Z", locks: []string{"freeze:xmas at BEFORE_RELEASE, update ann"},
			then: func(t *testing.T, b *bench, _ latch.ReleaseResult) {
				require.Subset(t, b.received(), []string{latch.EventLockOpened, latch.EventLockRemoved})
			}},
		{name: "rejected beside another", freezes: []string{holds,
			`{"id":"eve","under_way":"hold","windows":[{"start":"0 18 20 12 *","end":"0 0 25 12 *"}],"override":{"users":["ann"]}}`},
			begins: "2026-12-20T17:00Z", steps: two, events: soaks, sends: []sentToFreeze{
				{after: 4 * time.Hour, removal: latch.LockRelease{By: "ann", Groups: []string{"incident"}, Vote: latch.VoteReject}}},
			ends: "2026-12-20T21:00Z", status: latch.ReleaseStopped,
			locks: []string{"freeze:xmas at BEFORE_STEP b, update ann", "freeze:eve at BEFORE_STEP b, override"}},
		{name: "with a reason", freezes: []string{strings.Replace(xmas, `["incident"]`,
			`["incident"],"users":["eve"],"reason":true`, 1)}, begins: "2026-12-24T12:00Z", sends: []sentToFreeze{
			{after: time.Hour, removal: overrideBy("ann", "", "incident"), refused: "reason: required"},
			{after: 2 * time.Hour, removal: overrideBy("eve", "outage")},
		}, ends: "2026-12-24T14:00Z", locks: []string{"freeze:xmas at BEFORE_RELEASE, update eve"}},
		{name: "rejected", freezes: []string{xmas}, begins: "2026-12-24T12:00Z", sends: []sentToFreeze{
			{after: time.Hour, removal: latch.LockRelease{By: "ann", Groups: []string{"incident"}, Vote: latch.VoteReject}},
		}, ends: "2026-12-24T13:00Z", status: latch.ReleaseStopped, locks: []string{"freeze:xmas at BEFORE_RELEASE, update ann"}},
		{name: "by nobody", freezes: []string{strings.Replace(xmas, `,"override":{"groups":["incident"]}`, "", 1)},
			begins: "2026-12-24T12:00Z", sends: []sentToFreeze{
				{after: time.Hour, removal: overrideBy("ann", "please", "incident"),
					refused: `nobody may remove the lock of freeze "xmas": it ends at 2027-01-03T08:00:00Z`},
				{after: time.Hour, message: latch.MessageRecord, refused: "the lock of a freeze"},
			}, ends: "2027-01-03T08:00Z", locks: []string{"freeze:xmas at BEFORE_RELEASE, timeout"}},
		{name: "stopped meanwhile", freezes: []string{xmas}, begins: "2026-12-24T12:00Z",
			sends: []sentToFreeze{{after: time.Hour, message: latch.MessageStop}},
			ends:  "2026-12-24T13:00Z", status: latch.ReleaseStopped, locks: []string{"freeze:xmas at BEFORE_RELEASE, override"}},
		{name: "two freezes", freezes: []string{xmas,
			`{"id":"eve","windows":[{"start":"0 0 24 12 *","end":"0 0 25 12 *"}],"override":{"users":["ann"]}}`},
			begins: "2026-12-24T12:00Z", sends: []sentToFreeze{{after: time.Hour, removal: overrideBy("ann", "", "incident")}},
			ends: "2026-12-25T00:00Z", locks: []string{"freeze:xmas at BEFORE_RELEASE, update ann",
				"freeze:eve at BEFORE_RELEASE, timeout"}},
		{name: "under way, and goes on", freezes: []string{xmas}, begins: "2026-12-20T17:00Z", steps: two,
			events: soaks, ends: "2026-12-20T21:00Z"},
		{name: "under way, and is held", freezes: []string{holds}, begins: "2026-12-20T17:00Z", steps: two,
			events: soaks, ends: "2027-01-03T10:00Z",
			locks: []string{"freeze:xmas at BEFORE_STEP b, timeout"}},
		{name: "begun, without a step yet", freezes: []string{xmas}, begins: "2026-12-20T17:00Z",
			events: `{"id":"soak","events":[{"event":"BEFORE_RELEASE","soak":"2h"}]}`,
			ends:   "2027-01-03T08:00Z", locks: []string{"freeze:xmas at BEFORE_STEP a, timeout"}},
		{name: "let go once", freezes: []string{holds}, begins: "2026-12-24T12:00Z", steps: two, events: soaks, sends: []sentToFreeze{
			{after: time.Hour, removal: overrideBy("ann", "", "incident")}},
			ends: "2026-12-24T17:00Z", locks: []string{"freeze:xmas at BEFORE_RELEASE, update ann"}},
		{name: "held again by the next window", freezes: []string{`{"id":"night","under_way":"hold","windows":[{"start":"0 22 * * *","end":"0 6 * * *"}],"override":{"users":["ann"]}}`},
			begins: "2026-12-01T23:00Z", steps: two, events: strings.Replace(soaks, "2h", "22h", 1),
			sends: []sentToFreeze{{after: time.Hour, removal: overrideBy("ann", "")}},
			ends:  "2026-12-04T04:00Z", locks: []string{"freeze:night at BEFORE_RELEASE, update ann",
				"freeze:night at BEFORE_STEP b, timeout"}},
		{name: "parallel steps", freezes: []string{holds}, begins: "2026-12-20T17:00Z", events: soaks,
			steps: `{"name":"first","do":{"http":{"url":"$R/first"}}},{"parallel":[` + two + `]}`, ends: "2027-01-03T10:00Z",
			locks: []string{"freeze:xmas at BEFORE_STEP a, timeout"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t)
		})
	}
}

func (r frozenRelease) run(t *testing.T) {
	b := setup(t, frozenBy(t, r.freezes...)...)
	b.env.SetStartTime(minute(t, r.begins))
	for i, each := range r.sends {
		b.env.RegisterDelayedCallback(func() { b.toFreeze(each, i) }, each.after)
	}
	steps, vars := r.steps, r.vars
	if steps == "" {
		steps = `{"name":"a","do":{"http":{"url":"$R/a"}}}`
	}
	if vars == "" {
		vars = "{}"
	}
	result := b.released(b.run(latch.WorkflowRelease, `{"id":"shop","vars":`+vars+`,"steps":[`+steps+`],"webhooks":[`+r.events+`]}`))
	status := r.status
	if status == "" {
		status = latch.ReleaseReleased
	}
	require.Equal(t, status, result.Status)
	require.Equal(t, r.ends, b.env.Now().UTC().Truncate(time.Minute).Format("2006-01-02T15:04Z07:00"))
	require.Equal(t, r.locks, freezeLocks(result.History))
	if r.then != nil {
		r.then(t, b, result)
	}
}

func minute(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02T15:04Z07:00", text)
	require.NoError(t, err)
	return at
}

// freezeLocks lists the locks of freezes in the records.
func freezeLocks(records []latch.Record) []string {
	var locks []string
	for _, record := range records {
		if strings.HasPrefix(record.Webhook, "freeze:") {
			text := record.Webhook + " at " + record.Event
			if record.Step != "" {
				text += " " + record.Step
			}
			locks = append(locks, strings.TrimSpace(text+", "+record.Lock.Via+" "+record.Lock.RemovedBy))
		}
	}
	return locks
}

// toFreeze sends a message about the first open lock of a freeze.
func (b *bench) toFreeze(sent sentToFreeze, i int) {
	var status latch.Status
	value, err := b.env.QueryWorkflow(latch.QueryStatus)
	require.NoError(b, err)
	require.NoError(b, value.Get(&status))
	require.NotEmpty(b, status.Locks)
	lock := status.Locks[0]
	require.NotContains(b, strings.TrimPrefix(lock.Token, "release-shop:"), "freeze:", "the parts of a token have no colon")
	message, argument := sent.message, any(nil)
	switch message {
	case latch.MessageSkip:
		argument = latch.Skip{Lock: lock.Token, Reason: "please"}
	case latch.MessageRecord:
		records := []latch.Record{}
		value, err := b.env.QueryWorkflow(latch.QueryHistory)
		require.NoError(b, err)
		require.NoError(b, value.Get(&records))
		argument = latch.RecordUpdate{DeliveryID: records[0].DeliveryID, Result: latch.ResultPass}
	case latch.MessageStop:
		argument = latch.Control{By: "ann"}
	case latch.MessageExtendLock:
		argument = latch.LockExtension{Lock: lock.Token, Until: latch.NewTime(lock.Until.Add(time.Hour)), By: "ann"}
	default:
		require.NotZero(b, lock.Until)
		require.Equal(b, latch.Continue, lock.OnTimeout)
		message, sent.removal.Lock, argument = latch.MessageReleaseLock, lock.Token, nil
		argument = sent.removal
	}
	b.env.UpdateWorkflow(message, "", onEnd(func(_ any, err error) {
		if sent.refused == "" {
			require.NoError(b, err, "message %d", i)
			return
		}
		require.ErrorContains(b, err, sent.refused, "message %d", i)
	}), argument)
}

// A freeze's lock, and what a person has decided about it, stay in the next run of a chain.
func TestAFreezeInTheNextRun(t *testing.T) {
	t.Parallel()
	freeze := `{"id":"xmas","under_way":"hold",` + holidays + `}`
	earlier := setup(t, frozenBy(t, freeze)...)
	earlier.env.SetStartTime(minute(t, "2026-12-24T12:00Z"))
	earlier.env.RegisterDelayedCallback(func() { earlier.env.SetContinueAsNewSuggested(true) }, 24*time.Hour)
	earlier.env.RegisterDelayedCallback(func() {
		earlier.env.SignalWorkflow(latch.MessageReleaseLock,
			latch.LockRelease{Lock: "nobody's"})
	}, 25*time.Hour)
	input := earlier.leaves(latch.WorkflowRelease, `{"id":"shop","steps":[{"name":"a","do":{"http":{"url":"$R/a"}}},{"name":"b","do":{"http":{"url":"$R/b"}}}]}`)

	next := setup(t, nobodyElse()...)
	next.env.SetContinuedExecutionRunID("earlier")
	next.env.SetStartTime(minute(t, "2026-12-26T12:00Z"))
	next.env.RegisterDelayedCallback(func() {
		next.toFreeze(sentToFreeze{removal: overrideBy("eve", "", "dev"), refused: "may approve: 1 of incident"}, 0)
		next.toFreeze(sentToFreeze{removal: overrideBy("ann", "", "incident")}, 1)
	}, time.Hour)
	next.env.ExecuteWorkflow(latch.WorkflowRelease, converter.NewRawValue(input))
	result := next.released(next.env.GetWorkflowError())
	require.Equal(t, latch.ReleaseReleased, result.Status)
	require.Equal(t, []string{"freeze:xmas at BEFORE_RELEASE, update ann"}, freezeLocks(result.History))
	require.Equal(t, "2026-12-26T13:00Z", next.env.Now().UTC().Truncate(time.Minute).Format("2006-01-02T15:04Z07:00"))
}
