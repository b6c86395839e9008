package latch_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Input that Temporal would reject again and again is refused before anything starts.
func TestInputsAreBounded(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1001)
	job := func(task, rest string) string { return fmt.Sprintf(`{"id":"1","task":%s%s}`, task, rest) }
	for name, test := range map[string]struct{ input, want string }{
		"a timeout of three centuries": {job(`{"http":{"url":"https://example.com/","timeout":"2562047h47m16s"}}`, ""),
			"task.http.timeout: must be at most 87600h0m0s"},
		"the type of an activity":    {job(`{"activity":{"type":"`+long+`"}}`, ""), "task.activity.type: has 1001 bytes"},
		"Temporal's own task queues": {job(`{"workflow":{"type":"x","task_queue":"/_sys/x"}}`, ""), "task.workflow.task_queue: "},
		"attempts beyond 32 bits": {job(`{"command":{"argv":["x"],"retry":{"maximum_attempts":3000000000}}}`, ""),
			"task.command.retry.maximum_attempts: "},
		"vars": {job(`{"command":{"argv":["x"]}}`, `,"vars":{"x":"`+strings.Repeat("x", 128<<10)+`"}`), "vars: has 13"},
		"webhooks": {
			job(`{"command":{"argv":["x"]}}`, `,"webhooks":[`+strings.Repeat(`{},`, 1000)+`{}]`), "webhooks: there are 1001"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := latch.DecodeJob([]byte(test.input))
			require.ErrorContains(t, err, test.want)
		})
	}
}

// A maximum without an initial interval bounds the first wait too.
func TestARetryWithAMaximumAloneIsConsistent(t *testing.T) {
	t.Parallel()
	retry := (&latch.Retry{MaximumInterval: latch.Duration(time.Second)}).WithDefaults()
	require.Equal(t, latch.Duration(time.Second), retry.InitialInterval)
	require.Equal(t, latch.Duration(time.Second), retry.MaximumInterval)
}

// A refusal is valid UTF-8, whatever was refused: Temporal accepts nothing else.
func TestARefusalIsValidUTF8(t *testing.T) {
	t.Parallel()
	var control latch.Control
	err := control.Decode([]byte("{\"by\":[\"\xff\"]}"))
	require.ErrorContains(t, err, "by: must be a string")
	require.True(t, utf8.ValidString(err.Error()), "%q", err)
}

func TestProblemsAreListedUpToALimit(t *testing.T) {
	t.Parallel()
	var problems latch.Problems
	for i := range 150 {
		problems.Addf(fmt.Sprintf("x[%d]", i), "wrong")
	}
	require.Len(t, problems.First(100), 100)
	require.Equal(t, "… and 51 more", problems.First(100)[99].String())
	require.Equal(t, problems, problems.First(150))
}
