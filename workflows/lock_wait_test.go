package workflows_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/plugin"
)

// audit listens to all that happens to locks.
const audit = `{"id":"audit","url":"$R/audit","events":[{"event":"LOCK_OPENED"},{"event":"LOCK_REMINDER"},{"event":"LOCK_ESCALATED"},
	{"event":"LOCK_REMOVED"},{"event":"LOCK_TIMED_OUT"}]}`

// held returns a release that a board holds with the settings, and the other webhooks.
func held(settings string, webhooks ...string) string {
	board := `{"id":"board","events":[{"event":"BEFORE_RELEASE","blocking":true,` + settings + `}]}`
	return `{"id":"shop","steps":[{"name":"a","do":{"http":{"url":"$R/do"}}}],"webhooks":[` + strings.Join(append(webhooks, board), ",") + `]}`
}

// An about is what was told of a lock, with the time since the run began.
type about struct {
	event string
	after time.Duration
	latch.LockEvent
}

// tellings returns what was told of locks, and when.
func (b *bench) tellings(records []latch.Record, began time.Time) (all []about) {
	b.Helper()
	for _, record := range records {
		if !strings.HasPrefix(record.Event, "LOCK_") {
			continue
		}
		require.Equal(b, latch.ResultPass, record.Result, record.Error)
		require.Nil(b, record.Lock, "what is told of a lock has none")
		all = append(all, about{event: record.Event, after: record.StartedAt.Sub(began.Truncate(time.Millisecond)).Truncate(time.Minute)})
	}
	at := map[string]int{}
	for i := range all {
		sent := b.bodiesOf(all[i].event)
		require.Greater(b, len(sent), at[all[i].event])
		var body struct{ Data latch.LockEvent }
		require.NoError(b, json.Unmarshal([]byte(sent[at[all[i].event]]), &body))
		at[all[i].event]++
		all[i].LockEvent = body.Data
	}
	return all
}

func (b *bench) bodiesOf(event string) (all []string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	for i, each := range b.requests {
		if each == event {
			all = append(all, b.sent[i])
		}
	}
	return all
}

func inOrder(all []about) (events []string) {
	for _, each := range all {
		events = append(events, each.event+" "+each.after.String())
	}
	return events
}

// boardDoes sends messages to the run, each after a time.
func (b *bench) boardDoes(messages map[time.Duration]any) {
	for after, message := range messages {
		b.env.RegisterDelayedCallback(func() {
			token := b.boardRecord().Lock.Token
			switch given := message.(type) {
			case latch.LockRelease:
				given.Lock = token
				b.env.SignalWorkflow(latch.MessageReleaseLock, given)
			case latch.LockExtension:
				given.Lock = token
				b.env.SignalWorkflow(latch.MessageExtendLock, given)
			case latch.Skip:
				given.Lock = token
				b.env.SignalWorkflow(latch.MessageSkip, given)
			case latch.Control:
				b.env.SignalWorkflow(latch.MessageStop, given)
			}
		}, after)
	}
}

// Contract, "Reminders and escalation": each reminder fires once and at its time, none once the
// lock is closed, and each lock that was opened ends with one event.
func TestWhatIsToldOfALock(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	pass := latch.LockRelease{By: "ann", Result: latch.ResultPass, Reason: "fine"}
	for _, test := range []struct {
		name, settings string
		messages       map[time.Duration]any
		told           []string
		check          func(t *testing.T, all []about, result latch.ReleaseResult)
	}{
		{name: "nobody comes", settings: `"lock_timeout":"48h","on_timeout":"rollback","remind":["2h","8h","47h"]`,
			told: []string{"LOCK_OPENED 0s", "LOCK_REMINDER 2h0m0s", "LOCK_REMINDER 8h0m0s", "LOCK_REMINDER 47h0m0s",
				"LOCK_TIMED_OUT 48h0m0s"},
			check: func(t *testing.T, all []about, result latch.ReleaseResult) {
				require.Equal(t, latch.LockReminder{Number: 2, Of: 3}, *all[2].Reminder)
				require.Equal(t, "rollback on_timeout: rollback", all[4].TimedOut.Decision+" "+all[4].TimedOut.Rule)
				require.Equal(t, 3, recordsOf(result.History, "board")[0].Lock.Reminders)
				first := all[0].Lock
				require.Equal(t, "board BEFORE_RELEASE shop rollback",
					strings.Join([]string{first.Webhook, first.Event, first.Release, first.OnTimeout}, " "))
				require.Equal(t, 48*time.Hour, first.Until.Sub(first.Since.Time))
				require.Equal(t, recordsOf(result.History, "board")[0].DeliveryID, first.DeliveryID)
			}},
		{name: "removed before", settings: `"lock_timeout":"48h","remind":["2h","8h"]`,
			messages: map[time.Duration]any{3 * time.Hour: pass},
			told:     []string{"LOCK_OPENED 0s", "LOCK_REMINDER 2h0m0s", "LOCK_REMOVED 3h0m0s"},
			check: func(t *testing.T, all []about, result latch.ReleaseResult) {
				require.Equal(t, latch.ReleaseReleased, result.Status)
				removed := all[2].Removed
				require.Equal(t, "ann temporal signal fine pass",
					strings.Join([]string{removed.By, removed.IdentifiedBy, removed.Via, removed.Reason,
						removed.Result}, " "))
			}},
		{name: "waits for ever", settings: `"remind":["720h"]`, messages: map[time.Duration]any{31 * day: pass},
			told: []string{"LOCK_OPENED 0s", "LOCK_REMINDER 720h0m0s", "LOCK_REMOVED 744h0m0s"}},
		{name: "skipped", settings: `"remind":["2h"]`, messages: map[time.Duration]any{time.Hour: latch.Skip{Reason: "away", By: "ann"}},
			told: []string{"LOCK_OPENED 0s", "LOCK_REMOVED 1h0m0s"},
			check: func(t *testing.T, all []about, _ latch.ReleaseResult) {
				require.Equal(t, latch.ResultSkipped, all[1].Removed.Result)
			}},
		{name: "stopped", settings: `"remind":["2h"]`, messages: map[time.Duration]any{time.Hour: latch.Control{By: "ann"}},
			told: []string{"LOCK_OPENED 0s", "LOCK_REMOVED 1h0m0s"},
			check: func(t *testing.T, all []about, _ latch.ReleaseResult) {
				require.Equal(t, "override stopped by ann", all[1].Removed.Via+" "+all[1].Removed.Reason)
			}},
		{name: "extended", settings: `"lock_timeout":"4h","remind":["2h"]`,
			messages: map[time.Duration]any{
				time.Hour: latch.LockExtension{LockTimeout: latch.Duration(12 * time.Hour), By: "ann",
					Reason: "later"}, 5 * time.Hour: latch.LockExtension{LockTimeout: latch.Duration(day)}},
			told: []string{"LOCK_OPENED 0s", "LOCK_REMINDER 2h0m0s", "LOCK_TIMED_OUT 24h0m0s"},
			check: func(t *testing.T, all []about, result latch.ReleaseResult) {
				require.Equal(t, 12*time.Hour, all[1].Lock.Until.Sub(all[1].Lock.Since.Time))
				require.Equal(t, "ann", all[1].Lock.Extensions[0].By)
				require.Empty(t, all[1].Lock.Extensions[0].Reason)
				lock := recordsOf(result.History, "board")[0].Lock
				require.Len(t, lock.Extensions, 2)
				require.Equal(t, "later", lock.Extensions[0].Reason)
				require.Equal(t, "not removed within 24h0m0s", lock.Reason)
				require.Equal(t, latch.ReleaseStopped, result.Status)
			}},
		{name: "escalated", settings: `"approvals":[{"groups":["sre"],"count":2}],"allow_unproven":true,"lock_timeout":"48h","remind":["30h"],
			"escalate":{"after":"24h","groups":["leads"],"users":["eve"]}`,
			messages: map[time.Duration]any{
				time.Hour: approve("ann", "sre"), 2 * time.Hour: approve("lea", "leads"), 25 * time.Hour: approve("lea", "leads")},
			told: []string{"LOCK_OPENED 0s", "LOCK_ESCALATED 24h0m0s", "LOCK_REMOVED 25h0m0s"},
			check: func(t *testing.T, all []about, result latch.ReleaseResult) {
				require.Equal(t, []latch.MissingApproval{{Groups: []string{"sre"}, Count: 2}}, all[0].Lock.Missing)
				require.Equal(t, 24*time.Hour, all[0].Lock.Escalates.At.Sub(all[0].Lock.Since.Time))
				require.Equal(t, []latch.MissingApproval{{Groups: []string{"sre", "leads"}, Users: []string{"eve"},
					Count: 1}}, all[1].Lock.Missing)
				require.Nil(t, all[1].Lock.Escalates)
				require.Equal(t, []string{"leads"}, all[1].Lock.Escalated.Groups)
				require.Equal(t, latch.ReleaseReleased, result.Status)
				require.Equal(t, []string{"leads"}, recordsOf(result.History, "board")[0].Approvals[1].Groups)
			}},
		{name: "votes that suffice once it is escalated",
			settings: `"approvals":[{"groups":["sre"]},{"groups":["board"]}],"allow_unproven":true,"lock_timeout":"48h",
			"escalate":{"after":"24h","groups":["leads"]}`,
			messages: map[time.Duration]any{time.Hour: approve("ann", "sre", "leads"), 2 * time.Hour: approve("bob", "sre")},
			told:     []string{"LOCK_OPENED 0s", "LOCK_ESCALATED 24h0m0s", "LOCK_REMOVED 24h0m0s"},
			check: func(t *testing.T, all []about, result latch.ReleaseResult) {
				require.Equal(t, "bob signal pass",
					strings.Join([]string{all[2].Removed.By, all[2].Removed.Via, all[2].Removed.Result}, " "))
				require.Equal(t, latch.ReleaseReleased, result.Status)
			}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := setupWith(t, plugin.Options{APIURL: "https://latch.example.com", LockLinks: true, LinkKey: []byte("0123456789abcdef")})
			b.env.SetWorkflowRunTimeout(100 * day)
			b.boardDoes(test.messages)
			began := b.env.Now()
			require.NoError(t, b.run(latch.WorkflowRelease, held(test.settings, audit)))
			var result latch.ReleaseResult
			b.result(&result)
			all := b.tellings(result.History, began)
			require.Equal(t, test.told, inOrder(all))
			require.Len(t, b.bodiesOf("LOCK_OPENED"), 1)
			for _, each := range all {
				require.Regexp(t, `^https://latch\.example\.com/locks/[^?]+$`, each.Lock.URL, "who is told cannot open it")
			}
			if test.check != nil {
				test.check(t, all, result)
			}
		})
	}
}

// Contract, "Events": a webhook that is told of its own lock gets its link, and no other does; the
// step and the instance are those of the event that is held.
func TestWhoGetsTheLinkOfALock(t *testing.T) {
	t.Parallel()
	b := setupWith(t, plugin.Options{APIURL: "https://latch.example.com", LockLinks: true, LinkKey: []byte("0123456789abcdef")})
	const body = `"body":{"event":"$E","link":"${lock_url}","lock":"${lock}","step":"${step.name}","where":"${instance.region}","missing":"${size(data.lock.missing)}"}`
	at := func(who string) string { return strings.ReplaceAll(body, "$E", who) }
	require.NoError(t, b.run(latch.WorkflowRelease,
		`{"id":"shop","instance":{"region":"eu"},"steps":[{"name":"a","do":{"http":{"url":"$R/do"}}}],"webhooks":[
		{"id":"board","url":"$R/board","events":[{"event":"BEFORE_STEP","blocking":true,"lock_timeout":"4h","remind":["1h"],"approvals":[{"count":2}]},
			{"event":"LOCK_REMINDER",`+at("own")+`},{"event":"LOCK_TIMED_OUT"}]},
		{"id":"other","url":"$R/other","events":[{"event":"LOCK_REMINDER",`+at("other")+`},{"event":"LOCK_TIMED_OUT"}]}]}`))
	lock := b.lastRecord("board").Lock
	require.JSONEq(t, `{"event":"own","link":"`+lock.URL+`","lock":"`+lock.Token+`","step":"a","where":"eu","missing":1}`, b.bodies("own"))
	require.JSONEq(t, `{"event":"other","link":"","lock":"","step":"a","where":"eu","missing":1}`, b.bodies("other"))
	sent := b.bodiesOf("LOCK_TIMED_OUT")
	require.Len(t, sent, 2)
	signed := 0
	for _, each := range sent {
		signed += strings.Count(each, "?link=")
		require.NotContains(t, each, `"lock":"`)
	}
	require.Equal(t, 1, signed, "the default body has the link of the webhook's own lock alone")
}

// lastRecord returns the first record of a webhook that has a lock.
func (b *bench) lastRecord(webhook string) latch.Record {
	b.Helper()
	var result latch.ReleaseResult
	b.result(&result)
	for _, record := range recordsOf(result.History, webhook) {
		if record.Lock != nil {
			return record
		}
	}
	require.Fail(b, "no record has a lock")
	return latch.Record{}
}

// Contract, "Events": locks of jobs, custom events, gates and workflows of a user's own are told of
// too.
func TestLocksOfEveryKindOfRun(t *testing.T) {
	t.Parallel()
	hooks := func(event string) string {
		return `"webhooks":[{"id":"board","events":[{"event":"` + event + `","blocking":true,"lock_timeout":"4h","on_timeout":"continue","remind":["1h"]}]},` + audit + `]}`
	}
	for name, test := range map[string]struct{ workflow, input string }{
		"a job":        {latch.WorkflowJobRun, `{"id":"j","task":{"http":{"url":"$R/do"}},` + hooks("JOB_START")},
		"an emission":  {latch.WorkflowEmit, `{"event":"DEPLOYED",` + hooks("DEPLOYED")},
		"a batch":      {latch.WorkflowEmitBatch, `{"events":[{"event":"DEPLOYED",` + hooks("DEPLOYED") + `,{"event":"OTHER"}]}`},
		"a gate":       {latch.WorkflowGate, `{"event":"DEPLOY",` + hooks("DEPLOY")},
		"one's own":    {"gates", `[{"event":"DEPLOY",` + hooks("DEPLOY") + `]`},
		"beside steps": {latch.WorkflowRelease, `{"id":"r","steps":[{"parallel":[{"name":"a","do":{"http":{"url":"$R/do"}}},{"name":"b","do":{"http":{"url":"$R/do"}}}]}],` + hooks("BEFORE_STEP")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.env.RegisterWorkflow(gates)
			require.NoError(t, b.run(test.workflow, test.input))
			count := 1
			if name == "beside steps" {
				count = 2
			}
			for _, event := range []string{"LOCK_OPENED", "LOCK_REMINDER", "LOCK_TIMED_OUT"} {
				require.Len(t, b.bodiesOf(event), count, event)
			}
			require.Empty(t, b.bodiesOf("LOCK_REMOVED"))
			require.Contains(t, b.bodies("LOCK_TIMED_OUT"), `"decision":"continue"`)
		})
	}
}

// Where nobody listens, reminders cost nothing: neither a timer nor a local activity nor a record.
func TestAReminderThatNobodyHearsCostsNothing(t *testing.T) {
	t.Parallel()
	costs := func(settings string) (timers, asked, records int) {
		b := setup(t)
		b.env.SetOnTimerScheduledListener(func(string, time.Duration) { timers++ })
		b.env.SetOnLocalActivityStartedListener(func(*activity.Info, context.Context, []any) { asked++ })
		require.NoError(t, b.run(latch.WorkflowRelease, held(settings+`"lock_timeout":"48h"`)))
		var result latch.ReleaseResult
		b.result(&result)
		return timers, asked, len(result.History)
	}
	timers, asked, records := costs("")
	withTimers, withAsked, withRecords := costs(`"remind":["1h","2h"],`)
	require.Equal(t, [3]int{timers, asked, records}, [3]int{withTimers, withAsked, withRecords})
	require.Equal(t, 1, timers)
	require.Equal(t, 1, records)
}

// A run that continues as new reminds of what has not been reminded of, keeps the deadline that was
// moved, and who may vote as well.
func TestALocksWaitGoesOnInTheNextRun(t *testing.T) {
	t.Parallel()
	settings := `"lock_timeout":"100h","on_timeout":"stop","remind":["2h","30h"],"approvals":[{"groups":["sre"]}],"allow_unproven":true,
		"escalate":{"after":"10h","groups":["leads"]}`
	input := held(settings, audit)
	b := setup(t)
	b.boardDoes(map[time.Duration]any{3 * time.Hour: latch.LockExtension{LockTimeout: latch.Duration(200 * time.Hour), By: "ann"}})
	b.env.RegisterDelayedCallback(func() { b.env.SetContinueAsNewSuggested(true) }, 24*time.Hour)
	began := b.env.Now()
	next := b.leaves(latch.WorkflowRelease, input)
	require.Equal(t, []int{1, 1, 1, 0}, []int{len(b.bodiesOf("LOCK_OPENED")), len(b.bodiesOf("LOCK_REMINDER")),
		len(b.bodiesOf("LOCK_ESCALATED")), len(b.bodiesOf("LOCK_REMOVED"))})

	c := setup(t)
	c.env.SetStartTime(began.Add(24 * time.Hour))
	c.env.SetContinuedExecutionRunID("earlier")
	c.boardDoes(map[time.Duration]any{100 * time.Hour: approve("lea", "leads")})
	// The receiver of the first run is gone, so the deliveries of the next one cannot arrive.
	c.env.ExecuteWorkflow(latch.WorkflowRelease, converter.NewRawValue(next))
	require.NoError(t, c.env.GetWorkflowError())
	var result latch.ReleaseResult
	c.result(&result)
	var told []string
	for _, record := range result.History {
		if strings.HasPrefix(record.Event, "LOCK_") {
			told = append(told, record.Event+" "+record.StartedAt.Sub(began).Round(time.Hour).String())
		}
	}
	require.Equal(t, []string{"LOCK_OPENED 0s", "LOCK_REMINDER 2h0m0s", "LOCK_ESCALATED 10h0m0s",
		"LOCK_REMINDER 30h0m0s", "LOCK_REMOVED 124h0m0s"}, told)
	lock := recordsOf(result.History, "board")[0].Lock
	require.Equal(t, 200*time.Hour, lock.Extensions[0].Until.Sub(recordsOf(result.History, "board")[0].StartedAt.Time))
	require.Equal(t, latch.ReleaseReleased, result.Status)
	require.Equal(t, "lea", lock.RemovedBy)
}

// What an earlier run of the chain left untold is told first by the next one. Of several times that
// have passed meanwhile, the last one alone is reminded of.
func TestEventsAboutLocksThatAnEarlierRunLeft(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.env.RegisterDelayedCallback(func() { b.env.SetContinueAsNewSuggested(true) }, 3*time.Hour)
	input := b.leaves(latch.WorkflowRelease, held(`"lock_timeout":"8h","remind":["2h","5h","6h"]`, audit))
	state, err := protocol.UnpackCarried(input.Metadata["latch-carried"])
	require.NoError(t, err)
	require.Empty(t, state.LockNews)
	state.LockNews = []protocol.LockNews{{DeliveryID: recordsOf(state.Records, "board")[0].DeliveryID, Event: latch.EventLockReminder,
		Data: latch.Object{"lock": json.RawMessage(`{"webhook":"left"}`)}}, {DeliveryID: "dlv_unknown", Event: latch.EventLockOpened}}
	input.Metadata["latch-carried"], err = protocol.PackCarried(state)
	require.NoError(t, err)

	next := setup(t)
	next.env.SetStartTime(b.env.Now().Add(4 * time.Hour))
	next.env.SetContinuedExecutionRunID("earlier")
	next.env.ExecuteWorkflow(latch.WorkflowRelease, converter.NewRawValue(input))
	require.NoError(t, next.env.GetWorkflowError())
	var result latch.ReleaseResult
	next.result(&result)
	var told []string
	for _, record := range recordsOf(result.History, "audit") {
		told = append(told, record.Event)
	}
	require.Equal(t, []string{"LOCK_OPENED", "LOCK_REMINDER", "LOCK_REMINDER", "LOCK_REMINDER", "LOCK_TIMED_OUT"}, told)
	reminders := b.bodiesOf("LOCK_REMINDER")
	later := strings.Join(reminders[1:], "\n") // both are sent at once
	require.Contains(t, later, `"webhook":"left"`)
	require.Contains(t, later, `"reminder":{"number":3,"of":3}`)
}

// Contract, "Reminders and escalation": a lock is escalated also where nobody is told.
func TestEscalationThatNobodyIsToldOf(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.boardDoes(map[time.Duration]any{11 * time.Hour: approve("lea", "leads")})
	require.NoError(t, b.run(latch.WorkflowRelease, held(`"lock_timeout":"48h","approvals":[{"groups":["sre"]}],"allow_unproven":true,
		"escalate":{"after":"10h","groups":["leads"]}`)))
	var result latch.ReleaseResult
	b.result(&result)
	require.Equal(t, latch.ReleaseReleased, result.Status)
	require.Len(t, result.History, 1)
	require.Equal(t, 10*time.Hour, result.History[0].Lock.Escalated.At.Sub(result.History[0].StartedAt.Time).Round(time.Second))
}

// Contract, "Lifecycle": a lock that holds a workflow which knows nothing of Latch is told of, and
// its deadline moves.
func TestLockAroundAWorkflowOfAnybodys(t *testing.T) {
	t.Parallel()
	b := lifecycleBench(t, `[{"Types":"Order","Webhooks":[`+audit+`,{"id":"board","events":[
		{"event":"JOB_START","blocking":true,"lock_timeout":"4h","on_timeout":"continue","remind":["1h"]}]}]}]`)
	var moved latch.Record
	b.boardDoes(map[time.Duration]any{2 * time.Hour: latch.LockExtension{LockTimeout: latch.Duration(9 * time.Hour), By: "ann"}})
	b.env.RegisterDelayedCallback(func() { moved = b.boardRecord() }, 8*time.Hour)
	b.env.ExecuteWorkflow("Order", order{ID: "o"})
	require.NoError(t, b.env.GetWorkflowError())
	require.True(t, moved.Lock.Open())
	require.Equal(t, 9*time.Hour, moved.Lock.Extensions[0].Until.Sub(moved.StartedAt.Time))
	for _, event := range []string{"LOCK_OPENED", "LOCK_REMINDER", "LOCK_TIMED_OUT"} {
		require.Len(t, b.bodiesOf(event), 1, event)
		require.Contains(t, b.bodies(event), `"job":{"id":"default-test-workflow-id"`)
	}
}
