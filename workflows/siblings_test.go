package workflows_test

import (
	"context"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rehearsal"
)

// A family is a bench whose sequences leave it to their jobs to ask for the earlier ones.
type family struct {
	*bench
	// told are the second arguments of the jobs, by id.
	told map[string]protocol.Siblings
	// answer answers a question for the earlier jobs. asked counts the questions.
	answer func(protocol.EarlierRequest) (protocol.Siblings, error)
	asked  atomic.Int64
}

// setupFamily is setup with registered webhooks, in which $R is the receiver. Without asks the
// sequences are those of an earlier version.
func setupFamily(t *testing.T, asks bool, webhooks ...string) *family {
	t.Helper()
	f := &family{told: map[string]protocol.Siblings{}}
	f.answer = f.fromSequences
	admits := around(protocol.ActivityAdmit, func(ctx context.Context, admit func(context.Context) (any, error)) (any, error) {
		world := &rehearsal.World{}
		for _, webhook := range webhooks {
			registered, err := admission.DecodeRegisteredWebhook([]byte(strings.ReplaceAll(webhook, "$R", f.url)))
			if err != nil {
				return nil, err
			}
			world.Webhooks = append(world.Webhooks, *registered)
		}
		answer, err := admit(rehearsal.In(ctx, world))
		if err != nil {
			return nil, err
		}
		var admitted protocol.Admission
		err = converter.GetDefaultDataConverter().FromPayloads(answer.(*commonpb.Payloads), &admitted)
		admitted.AsksForJobs = asks
		return admitted, err
	})
	f.bench = setup(t, admits, insteadOf(protocol.ActivityEarlierJobs, func(request protocol.EarlierRequest) (protocol.Siblings, error) {
		f.asked.Add(1)
		return f.answer(request)
	}))
	f.env.SetOnChildWorkflowStartedListener(func(_ *workflow.Info, _ workflow.Context, arguments converter.EncodedValues) {
		var job latch.Job
		var told protocol.Siblings
		require.NoError(t, arguments.Get(&job, &told))
		f.told[job.ID] = told
	})
	return f
}

// fromSequences asks the runs of sequences, as the activity does.
func (f *family) fromSequences(request protocol.EarlierRequest) (protocol.Siblings, error) {
	known := protocol.Siblings{}
	for asked := &request; asked != nil; {
		answer, err := f.env.QueryWorkflowByID(asked.WorkflowID, protocol.QueryEarlierJobs, asked.Untold)
		if err != nil {
			return nil, err
		}
		var earlier protocol.EarlierJobs
		if err := answer.Get(&earlier); err != nil {
			return nil, err
		}
		for id, sibling := range earlier.Jobs {
			if _, nearer := known[id]; !nearer {
				known[id] = sibling
			}
		}
		asked = earlier.Beyond
	}
	return known, nil
}

// oneBefore answers with a job that has succeeded.
func oneBefore(protocol.EarlierRequest) (protocol.Siblings, error) {
	return protocol.Siblings{"one": {Status: latch.JobSucceeded, KVP: latch.Object{}}}, nil
}

// goneForGood answers as if Temporal no longer had the run of the sequence.
func goneForGood(protocol.EarlierRequest) (protocol.Siblings, error) {
	return nil, temporal.NewNonRetryableApplicationError("Temporal no longer has the run", "Forgotten", nil)
}

// earlier returns the ids and statuses of the jobs in a body.
func earlier(t *testing.T, body string) map[string]string {
	t.Helper()
	var told struct {
		Jobs map[string]struct{ Status string }
	}
	require.NoError(t, json.Unmarshal([]byte(body), &told), body)
	statuses := map[string]string{}
	for id, job := range told.Jobs {
		statuses[id] = job.Status
	}
	return statuses
}

// sayJobs has the URL and body of a webhook whose body contains the variable jobs.
const sayJobs = `"url":"$R/w","body":{"event":"told","jobs":"${jobs}"}`

// Contract, "Job": a job whose own templates and expressions name the earlier jobs is given them,
// and asks nobody. Any other is given as much in a long sequence as in a short one.
func TestASequenceGivesItsJobsToThoseThatNameThem(t *testing.T) {
	t.Parallel()
	const task = `"task":{"http":{"url":"$R/jobs/7"}}`
	for name, test := range map[string]struct {
		job   string
		given bool
	}{
		"a task": {`{"id":"last","task":{"http":{"url":"$R/w","body":{"event":"told","jobs":"${jobs}"}}}}`, true},
		"an activity": {`{"id":"last","task":{"activity":{"type":"latch.HTTP",
			"input":{"task":{"url":"$R/w","body":{"event":"told","jobs":"${jobs}"}}}}}}`, true},
		"a webhook": {`{"id":"last",` + task + `,"webhooks":[{"id":"w","event":"JOB_SUCCESS",` + sayJobs + `}]}`, true},
		"a when": {`{"id":"last",` + task + `,"webhooks":[
			{"id":"w","url":"$R/when","events":[{"event":"JOB_SUCCESS","when":"jobs.one.status == 'succeeded'"}]}]}`, true},
		"a rule": {`{"id":"last",` + task + `,"webhooks":[
			{"id":"w","url":"$R/rule","events":[{"event":"JOB_START","result":"jobs.two.status == 'failed' ? 'pass' : 'fail'"}]}]}`, true},
		"a job within it": {`{"id":"last","jobs":[{"id":"inner",` + task + `,"webhooks":[
			{"id":"w","event":"JOB_SUCCESS",` + sayJobs + `}]}]}`, true},
		"nothing":    {`{"id":"last",` + task + `,"webhooks":[{"id":"w","url":"$R/quiet","event":"JOB_SUCCESS"}]}`, false},
		"a sequence": {`{"id":"last","jobs":[{"id":"inner",` + task + `}]}`, false},
	} {
		for _, asks := range []bool{true, false} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				f := setupFamily(t, asks)
				f.answers["/two"] = ""
				require.NoError(t, f.run(latch.WorkflowJobRun, `{"id":"all","jobs":[{"id":"one","task":{"http":{"url":"$R/one"}}},
					{"id":"two","continue_on_error":true,"task":{"http":{"url":"$R/two","retry":{"maximum_attempts":1}}}},`+test.job+`]}`))
				require.Empty(t, f.told["one"], "nothing precedes it")
				require.Equal(t, !test.given && asks, f.told["last"].Untold() != nil)
				require.Zero(t, f.asked.Load())
				if body := f.bodies("told"); body != "" {
					require.Equal(t, map[string]string{"one": latch.JobSucceeded, "two": latch.JobFailed}, earlier(t, body))
				}
				if strings.Contains(test.job, "$R/when") {
					require.Contains(t, strings.Join(f.received(), " "), "JOB_SUCCESS")
				}
			})
		}
	}
}

// Contract, "Job": what a registered webhook or a lock shows of the earlier jobs is asked for, once
// a run, in sequences within sequences too.
func TestAJobAsksForTheEarlierOnes(t *testing.T) {
	t.Parallel()
	const sequence = `{"id":"all","jobs":[{"id":"one","task":{"http":{"url":"$R/one"}}},
		{"id":"nested","jobs":[{"id":"two","task":{"http":{"url":"$R/two"}}},{"id":"three","task":{"http":{"url":"$R/three"}}}]}]}`
	for name, test := range map[string]struct {
		webhook string
		// asked is how many questions there are. The first job has nothing to ask for.
		asked int64
		sees  map[string]string
	}{
		"a body": {`{"id":"reg","when":"job.id == 'three'","events":[{"event":"JOB_START"},{"event":"JOB_SUCCESS"}],` + sayJobs + `}`, 1,
			map[string]string{"one": latch.JobSucceeded, "two": latch.JobSucceeded}},
		"a sequence's own": {`{"id":"reg","when":"job.id == 'nested'","events":[{"event":"JOB_SUCCESS"}],` + sayJobs + `}`, 1,
			map[string]string{"one": latch.JobSucceeded, "two": latch.JobSucceeded, "three": latch.JobSucceeded}},
		"a when": {`{"id":"reg","url":"$R/w","events":[{"event":"JOB_SUCCESS","when":"jobs.?two.status.orValue('') == 'succeeded'"}],
			"body":{"event":"told"}}`, 3, nil},
		"a rule": {`{"id":"reg","url":"$R/w","events":[{"event":"JOB_SUCCESS","result":"size(jobs) > 0 ? 'pass' : 'fail'"}]}`, 3, nil},
		"a lock": {`{"id":"reg","when":"job.id == 'three'","events":[
			{"event":"JOB_START","blocking":true,"lock_timeout":"1h","on_timeout":"continue"}]}`, 1, nil},
		"none": {`{"id":"reg","url":"$R/jobs/7","events":[{"event":"JOB_START"},{"event":"JOB_SUCCESS"}]}`, 0, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setupFamily(t, true, test.webhook)
			require.NoError(t, f.run(latch.WorkflowJobRun, sequence))
			require.Equal(t, test.asked, f.asked.Load())
			if test.sees != nil {
				told := f.bodies("told")
				require.Equal(t, test.sees, earlier(t, told[strings.LastIndex(told, `{"event"`):]))
			}
			if name == "a when" {
				require.Equal(t, 2, strings.Count(f.bodies("told"), "told"), "of three and of the sequence that it is in")
			}
		})
	}
}

// Contract, "Job": if Temporal no longer has the run of the sequence, what looks at the earlier
// jobs fails and says so. Anything else goes on.
func TestASequenceThatIsGone(t *testing.T) {
	t.Parallel()
	const lost = "the variable jobs is not known: Temporal no longer has the run"
	f := setupFamily(t, true,
		`{"id":"reads","events":[{"event":"JOB_SUCCESS"}],`+sayJobs+`}`,
		`{"id":"chooses","url":"$R/w","events":[{"event":"JOB_SUCCESS","when":"size(jobs) == 0"}]}`,
		`{"id":"other","url":"$R/other","events":[{"event":"JOB_SUCCESS"}]}`)
	f.answer = goneForGood
	f.env.ExecuteWorkflow(latch.WorkflowJobRun, json.RawMessage(`{"id":"j","task":{"http":{"url":"`+f.url+`/do"}}}`),
		protocol.Untold{Count: 3, Attempt: 1}.Siblings(), nil)
	require.NoError(t, f.env.GetWorkflowError())
	var result latch.JobResult
	f.result(&result)
	results := map[string]string{}
	for _, record := range result.History {
		results[record.Webhook] = record.Result
		if record.Webhook != "other" {
			require.Contains(t, record.Error, lost, record.Webhook)
		}
	}
	require.Equal(t, map[string]string{"reads": latch.ResultFail, "chooses": latch.ResultFail, "other": latch.ResultPass}, results)

	task := setupFamily(t, true)
	task.answer = goneForGood
	task.env.ExecuteWorkflow(latch.WorkflowJobRun,
		json.RawMessage(`{"id":"j","task":{"http":{"url":"`+task.url+`/do/${jobs.one.status}"}}}`),
		protocol.Untold{Count: 3, Attempt: 1}.Siblings(), nil)
	require.Contains(t, failedJob(t, task.env.GetWorkflowError()).Error, lost)
	require.Empty(t, task.received())
}

// A job that waits for an answer about the earlier jobs is stopped as any other.
func TestAJobThatAsksIsStopped(t *testing.T) {
	t.Parallel()
	f := setupFamily(t, true)
	f.answer = func(protocol.EarlierRequest) (protocol.Siblings, error) { // and not again while the environment ends
		return nil, temporal.NewApplicationErrorWithOptions("no worker answers", "", temporal.ApplicationErrorOptions{NextRetryDelay: time.Hour})
	}
	f.env.RegisterDelayedCallback(func() { f.env.SignalWorkflow(latch.MessageStop, latch.Control{By: "ann"}) }, time.Minute)
	f.env.ExecuteWorkflow(latch.WorkflowJobRun,
		json.RawMessage(`{"id":"j","task":{"http":{"url":"`+f.url+`/do/${jobs.one.status}"}}}`),
		protocol.Untold{Count: 3, Attempt: 1}.Siblings(), nil)
	require.True(t, temporal.IsCanceledError(f.env.GetWorkflowError()), "%v", f.env.GetWorkflowError())
	require.Empty(t, f.received())
}

// A run that continues as new takes along what it has asked for.
func TestEarlierJobsGoOnInTheNextRun(t *testing.T) {
	t.Parallel()
	untold := protocol.Untold{Count: 1, Attempt: 1}.Siblings()
	spec := func(f *family) json.RawMessage {
		return json.RawMessage(strings.ReplaceAll(`{"id":"j","task":{"http":{"url":"$R/do"}},"webhooks":[
			{"id":"w","event":"JOB_SUCCESS",`+sayJobs+`},
			{"id":"gate","events":[{"event":"JOB_START","blocking":true,"lock_timeout":"48h","on_timeout":"continue"}]}]}`, "$R", f.url))
	}
	first := setupFamily(t, true)
	first.answer = oneBefore
	first.env.RegisterDelayedCallback(func() { first.env.SetContinueAsNewSuggested(true) }, 24*time.Hour)
	first.env.ExecuteWorkflow(latch.WorkflowJobRun, spec(first), untold, nil)
	var continues *workflow.ContinueAsNewError
	require.ErrorAs(t, first.env.GetWorkflowError(), &continues)
	require.EqualValues(t, 1, first.asked.Load(), "its lock shows the earlier jobs")

	next := setupFamily(t, true)
	next.answer = goneForGood
	next.env.SetContinuedExecutionRunID("earlier")
	arguments := continues.Input.GetPayloads()
	arguments[0].Data = spec(next)
	next.env.ExecuteWorkflow(latch.WorkflowJobRun, converter.NewRawValue(arguments[0]), converter.NewRawValue(arguments[1]), nil)
	require.NoError(t, next.env.GetWorkflowError())
	require.Zero(t, next.asked.Load())
	require.Equal(t, map[string]string{"one": latch.JobSucceeded}, earlier(t, next.bodies("told")))
}

// The report of a job's end asks the sequence that had started the job.
func TestTheReportOfAnEndAsksForTheEarlierJobs(t *testing.T) {
	t.Parallel()
	sequence, untold := protocol.ParentRun{WorkflowID: "job-all", RunID: "run"}, protocol.Untold{Count: 1, Attempt: 2}
	of := &ended{}
	b := setup(t, of, insteadOf(protocol.ActivityEarlierJobs, func(request protocol.EarlierRequest) (protocol.Siblings, error) {
		if request != (protocol.EarlierRequest{ParentRun: sequence, Untold: untold}) {
			return goneForGood(request)
		}
		return oneBefore(request)
	}))
	spec := strings.ReplaceAll(`{"id":"j","task":{"http":{"url":"$R/do"}},"webhooks":[
		{"id":"w","event":"JOB_FAILURE",`+sayJobs+`}]}`, "$R", b.url)
	argument, err := json.Marshal(untold.Siblings())
	require.NoError(t, err)
	of.report(b, latch.WorkflowJobRun, latch.ByTerminated,
		protocol.Ending{Arguments: [][]byte{[]byte(spec), argument}, Parent: &sequence}, protocol.RunState{})
	require.Equal(t, map[string]string{"one": latch.JobSucceeded}, earlier(t, b.bodies("told")))
}
