package analysis_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/analysis"
)

// Argo Rollouts, "Analysis & Progressive Delivery": the effect of failureLimit,
// inconclusiveLimit, consecutiveErrorLimit and count. Each letter is one measurement:
// s(uccess), f(ailure), i(nconclusive), e(rror).
func TestPhase(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, measured                       string
		count, failures, inconclusive, error int
		want                                 analysis.Phase
		after                                int
	}{
		{"all succeed", "sssss", 5, 0, 0, 4, analysis.Successful, 5},
		{"one is enough", "s", 0, 0, 0, 4, analysis.Successful, 1},
		{"not all are made", "ssss", 5, 0, 0, 4, analysis.Running, 4},
		{"no failure is allowed", "ssfss", 5, 0, 0, 4, analysis.Failed, 3},
		{"as many failures as allowed", "fsfss", 5, 2, 0, 4, analysis.Successful, 5},
		{"failures are not counted in a row", "fsfsf", 5, 2, 0, 4, analysis.Failed, 5},
		{"one failure too many ends at once", "fffss", 5, 2, 0, 4, analysis.Failed, 3},
		{"nothing inconclusive is allowed", "siss", 4, 0, 0, 4, analysis.Inconclusive, 2},
		{"as many inconclusive as allowed", "sisi", 4, 0, 2, 4, analysis.Successful, 4},
		{"one inconclusive too many", "iiis", 4, 0, 2, 4, analysis.Inconclusive, 3},
		{"errors do not count", "seses", 3, 0, 0, 4, analysis.Successful, 5},
		{"as many errors in a row as allowed", "eeees", 1, 0, 0, 4, analysis.Successful, 5},
		{"one error in a row too many", "eeeee", 1, 0, 0, 4, analysis.Errored, 5},
		{"a success ends the row", "eeseesee", 4, 0, 0, 2, analysis.Running, 8},
		{"no error is allowed", "se", 2, 0, 0, 0, analysis.Errored, 2},
		{"a failure counts at the last measurement too", "ssf", 3, 0, 0, 4, analysis.Failed, 3},
		{"something inconclusive counts at the last measurement too", "ssi", 3, 0, 0, 4, analysis.Inconclusive, 3},
		{"an error in place of the last measurement", "sse", 3, 0, 0, 4, analysis.Running, 3},
		{"failures alone within the limit", "ff", 2, 2, 0, 4, analysis.Successful, 2},
		{"nothing conclusive within the limit", "ii", 2, 0, 2, 4, analysis.Successful, 2},
		{"errors alone never succeed", "eeee", 1, 0, 0, 4, analysis.Running, 4},
		{"a failure ends the row of errors", "eefeefee", 4, 2, 0, 2, analysis.Running, 8},
		{"something inconclusive ends the row of errors", "eeieeiee", 4, 0, 2, 2, analysis.Running, 8},
		{"errors do not end a count of failures", "fefes", 5, 1, 0, 4, analysis.Failed, 3},
		{"twenty successes", strings.Repeat("s", 20), 20, 2, 0, 3, analysis.Successful, 20},
		{"twenty of which two fail", strings.Repeat("s", 18) + "ff", 20, 2, 0, 3, analysis.Successful, 20},
		{"the third failure of twenty", strings.Repeat("s", 17) + "fff", 20, 2, 0, 3, analysis.Failed, 20},
		{"three errors in a row among twenty", "seee" + strings.Repeat("s", 19), 20, 2, 0, 3, analysis.Successful, 23},
		{"the fourth error in a row among twenty", "seeee" + strings.Repeat("s", 19), 20, 2, 0, 3, analysis.Errored, 5},
		{"failures, inconclusive and errors together", "fieseis", 5, 1, 2, 1, analysis.Successful, 7},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := &latch.Analysis{Count: test.count, FailureLimit: test.failures, InconclusiveLimit: test.inconclusive, ErrorLimit: &test.error}
			var tally analysis.Tally
			made := 0
			for _, letter := range test.measured {
				if tally.Phase(a) != analysis.Running {
					break
				}
				made++
				tally.Add(map[rune]string{'s': latch.MeasuredSuccess, 'f': latch.MeasuredFailure,
					'i': latch.MeasuredInconclusive, 'e': latch.MeasuredError}[letter])
			}
			require.Equal(t, test.want, tally.Phase(a))
			require.Equal(t, test.after, made)
		})
	}
}

// The default of error_limit is that of Argo Rollouts' consecutiveErrorLimit.
func TestDefaultErrorLimit(t *testing.T) {
	t.Parallel()
	require.Equal(t, 4, (&latch.Analysis{}).Errors())
}

// Argo Rollouts: with only successCondition, everything that is not a success has failed. With
// only failureCondition, everything that has not failed is a success. With both, a measurement
// that is neither is inconclusive, and a failure takes precedence.
func TestResult(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	for _, test := range []struct {
		success, failure *bool
		want             string
	}{
		{&yes, nil, latch.MeasuredSuccess}, {&no, nil, latch.MeasuredFailure},
		{nil, &yes, latch.MeasuredFailure}, {nil, &no, latch.MeasuredSuccess},
		{&yes, &no, latch.MeasuredSuccess}, {&no, &yes, latch.MeasuredFailure},
		{&no, &no, latch.MeasuredInconclusive}, {&yes, &yes, latch.MeasuredFailure},
		{nil, nil, latch.MeasuredInconclusive},
	} {
		require.Equal(t, test.want, analysis.Result(test.success, test.failure))
	}
}
