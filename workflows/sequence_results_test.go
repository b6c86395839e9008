package workflows

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
)

func ended(i, kvp int) latch.JobResult {
	result := latch.JobResult{ID: fmt.Sprintf("j%d", i), Status: latch.JobSucceeded, KVP: latch.Object{}}
	if kvp > 0 {
		result.KVP["pad"] = rawjson.Encode(strings.Repeat("x", kvp))
	}
	return result
}

func (r *jobResults) weigh(t *testing.T) int {
	t.Helper()
	encoded, err := json.Marshal(r.list)
	require.NoError(t, err)
	return len(encoded)
}

// Contract, "Job": the oldest results of tasks are cut first.
func TestAJobOfALongSequenceSeesWhatTheJobBeforeReturned(t *testing.T) {
	t.Parallel()
	var results jobResults
	for i := range 1_000 {
		results.add(ended(i, 1_000))
		require.NotEmpty(t, results.list[i].KVP["pad"], "job %d", i)
	}
	require.Equal(t, truncatedKVP(), results.list[0].KVP)
	require.LessOrEqual(t, results.kvps, maximumKVPs)
	require.False(t, results.truncated, "every job's result is there")
}

// The jobs of a job without a result take no room, however many there are.
func TestEmptyResultsAreNotCut(t *testing.T) {
	t.Parallel()
	var results jobResults
	for i := range 3_000 {
		results.add(ended(i, 0))
	}
	require.Len(t, results.list, 3_000)
	require.Empty(t, results.list[0].KVP)
	require.False(t, results.truncated)
}

// Contract, "Job": the results of jobs stay under 1 MiB. Long errors and the jobs of jobs are
// cut first, then the oldest results are dropped.
func TestResultsOfASequenceStayInBounds(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(i int) latch.JobResult{
		"long errors": func(i int) latch.JobResult {
			result := ended(i, 0)
			result.Status, result.Error = latch.JobFailed, strings.Repeat("e", 2_000)
			return result
		},
		"sequences": func(i int) latch.JobResult {
			result := ended(i, 0)
			for n := range 20 {
				result.Jobs = append(result.Jobs, ended(n, 0))
			}
			return result
		},
		"long ids": func(i int) latch.JobResult {
			result := ended(i, 0)
			result.ID = fmt.Sprintf("%0200d", i)
			return result
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var results jobResults
			for i := range 6_000 {
				results.add(make(i))
			}
			require.LessOrEqual(t, results.weigh(t), maximumResults+1)
			require.True(t, results.truncated)
			require.Equal(t, 6_000, results.count, "how many have ended is known")
			last := results.list[len(results.list)-1]
			require.Equal(t, make(5_999), last, "the newest is whole")

			var next jobResults
			next.takeOver(&latch.JobResult{Jobs: results.list, Truncated: true}, results.count)
			require.Equal(t, results.list, next.list)
			require.True(t, next.truncated)
			require.Equal(t, 6_000, next.count)
		})
	}
}

// Contract, "Job": what a job receives about the previous ones does not grow with the length of
// its sequence.
func TestAJobIsToldOfTheHundredBeforeIt(t *testing.T) {
	t.Parallel()
	run := &jobRun{}
	for i := range 50 {
		run.done.add(ended(i, 0))
	}
	hundred := func() protocol.Siblings { return run.known(run.done.before(run.done.count, maximumSiblings)) }
	require.Len(t, hundred(), 50)
	for i := 50; i < 3_000; i++ {
		run.done.add(ended(i, 0))
	}
	known := hundred()
	require.Len(t, known, 100)
	require.Contains(t, known, "j2999")
	require.Contains(t, known, "j2900")
	require.Len(t, run.known(run.done.list), 3_000, "the sequence's own events see all")
}

// A sequence answers for each of its jobs with those that preceded it, also when others have
// ended since, and not once it has begun anew.
func TestASequenceAnswersForEachOfItsJobs(t *testing.T) {
	t.Parallel()
	run := &jobRun{attempt: 2}
	for i := range 1_000 {
		run.done.add(ended(i, 0))
	}
	run.done.letGo()
	ids := func(count int) []string {
		answer, err := run.earlierJobs(protocol.Untold{Count: count, Attempt: 2})
		require.NoError(t, err)
		require.False(t, answer.Repeated)
		require.Nil(t, answer.Beyond)
		return slices.Sorted(maps.Keys(answer.Jobs))
	}
	require.Empty(t, ids(0))
	require.Empty(t, ids(1), "the first result was dropped")
	require.Equal(t, []string{"j1", "j2"}, ids(3))
	require.Len(t, ids(500), 100)
	require.Equal(t, []string{"j400", "j499"}, []string{ids(500)[0], ids(500)[99]})
	require.Equal(t, "j999", ids(1_000)[99])

	answer, err := run.earlierJobs(protocol.Untold{Count: 3, Attempt: 1})
	require.NoError(t, err)
	require.Equal(t, protocol.EarlierJobs{Repeated: true}, answer)
}

// A sequence that was not told of the jobs before it leaves that to whoever asks.
func TestASequenceLeavesToAskWhatItWasNotTold(t *testing.T) {
	t.Parallel()
	untold, parent := protocol.Untold{Count: 7, Attempt: 1}, protocol.ParentRun{WorkflowID: "job-all", RunID: "run"}
	run := &jobRun{session: &session{}, attempt: 1, siblings: siblingsIn(rawjson.Encode(untold.Siblings()), &parent)}
	reader := &latch.Job{ID: "j", Task: &latch.Task{HTTP: &latch.HTTPTask{URL: "https://example.com/${jobs.one.status}"}}}
	require.Equal(t, protocol.Untold{Attempt: 1}.Siblings(), run.argumentFor(reader))
	run.done.add(ended(0, 0))
	answer, err := run.earlierJobs(*run.argumentFor(reader).Untold())
	require.NoError(t, err)
	require.Equal(t, protocol.EarlierJobs{Jobs: protocol.Siblings{"j0": {Status: latch.JobSucceeded, KVP: latch.Object{}}},
		Beyond: &protocol.EarlierRequest{ParentRun: parent, Untold: untold}}, answer)

	run.siblings.takeOver(protocol.Siblings{"one": {Status: latch.JobFailed, KVP: latch.Object{}}})
	require.Nil(t, run.argumentFor(reader).Untold(), "it has asked itself")
	require.Len(t, run.argumentFor(reader), 2)
}
