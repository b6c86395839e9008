package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/runs/runstest"
)

// A commits is an API whose starts wait until the test lets them go on.
type commits struct {
	*testing.T
	temporal *runstest.Temporal
	handler  http.Handler
	goOn     chan struct{}
}

func newCommits(t *testing.T) *commits {
	c := &commits{T: t, goOn: make(chan struct{})}
	c.temporal = &runstest.Temporal{OnStarting: func() { <-c.goOn }}
	c.handler = apitest.WithKeys(t, c.temporal)
	return c
}

// fire begins to fire events one after the other, and waits until all wait.
func (c *commits) fire(bodies ...string) []*httptest.ResponseRecorder {
	answers := make([]*httptest.ResponseRecorder, len(bodies))
	for i, body := range bodies {
		go func() {
			answers[i] = apitest.Call(c.handler, http.MethodPost, "/latch/v1/events", body, "X-API-Key", "run")
		}()
		synctest.Wait()
	}
	return answers
}

func (c *commits) started(answer *httptest.ResponseRecorder) (said struct {
	ID         string
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
}) {
	c.Helper()
	require.Equal(c, http.StatusCreated, answer.Code, answer.Body)
	require.NoError(c, json.Unmarshal(answer.Body.Bytes(), &said))
	return said
}

func repeated(n int, format string) []string {
	bodies := make([]string, n)
	for i := range bodies {
		bodies[i] = fmt.Sprintf(format, i)
	}
	return bodies
}

// A single event has its own run. Events that arrive while it starts share the next run, at
// most a hundred, each with its own id.
func TestEventsThatComeTogetherShareARun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCommits(t)
		answers := c.fire(repeated(1+latch.MaximumBatchEvents+1, `{"event":"E","data":{"n":%d}}`)...)
		close(c.goOn)
		synctest.Wait()
		require.Len(t, c.temporal.Starts, 3)
		first := c.started(answers[0])
		require.Equal(t, first.ID, first.WorkflowID)
		require.Equal(t, latch.WorkflowEmit, c.temporal.Starts[0].GetWorkflowType().GetName())
		require.JSONEq(t, `{"event":"E","data":{"n":0}}`, string(c.temporal.Starts[0].GetInput().GetPayloads()[0].GetData()))

		require.Equal(t, latch.WorkflowEmitBatch, c.temporal.Starts[1].GetWorkflowType().GetName())
		batch, err := latch.DecodeEmissionBatch(c.temporal.Starts[1].GetInput().GetPayloads()[0].GetData())
		require.NoError(t, err)
		require.Len(t, batch.Events, latch.MaximumBatchEvents)
		for i, event := range batch.Events {
			said := c.started(answers[1+i])
			require.Equal(t, said.ID, event.ID)
			require.Equal(t, fmt.Sprint(i+1), string(event.Data["n"]))
			require.Equal(t, c.temporal.Starts[1].GetWorkflowId(), said.WorkflowID)
			require.NotEmpty(t, said.RunID)
		}
		last := c.started(answers[len(answers)-1])
		require.Equal(t, last.ID, last.WorkflowID, "what is left over has a run of its own again")
	})
}

// An event that needs its own run gets one, beside those that share theirs.
func TestEventsThatShareNoRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCommits(t)
		close(c.goOn)
		for _, body := range []string{`{"event":"E","id":"mine"}`, `{"event":"E","webhooks":[{"id":"b",
			"events":[{"event":"E","blocking":true}]}]}`} {
			said := c.started(c.fire(body)[0])
			require.Equal(t, said.WorkflowID, c.temporal.Starts[len(c.temporal.Starts)-1].GetWorkflowId())
			require.Equal(t, latch.WorkflowEmit, c.temporal.Starts[len(c.temporal.Starts)-1].GetWorkflowType().GetName())
		}
	})
}

// Events whose expressions are together more than one run may have are fired one
// by one.
func TestEventsThatCannotGoTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCommits(t)
		const terms = 1100 // near the limit of an expression, which each event has
		many := `{"event":"E","webhooks":[{"id":"w","url":"https://example.com/","events":[{"event":"E","when":"data.n == %d` +
			strings.Repeat(" || data.n==0", terms) + `"}]}]}`
		answers := c.fire(repeated(14, many)...)
		close(c.goOn)
		synctest.Wait()
		require.Len(t, c.temporal.Starts, len(answers), answers[0].Body)
		for _, answer := range answers {
			said := c.started(answer)
			require.Equal(t, said.ID, said.WorkflowID)
		}
	})
}

// Events that come fast share runs even if a run starts at once, but the first ones after a
// pause do not wait.
func TestFastEventsShareRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCommits(t)
		close(c.goOn)
		for second := range 3 {
			before := len(c.temporal.Starts)
			for n := range 200 {
				c.fire(fmt.Sprintf(`{"event":"E","data":{"n":%d}}`, n))
				if n < 5 {
					require.Len(t, c.temporal.Starts, before+n+1, "it waits for nobody")
				}
				time.Sleep(5 * time.Millisecond)
			}
			time.Sleep(time.Second)
			synctest.Wait()
			require.InDelta(t, 55*(second+1), len(c.temporal.Starts), 2, "50 a second, and 5 at once")
		}
	})
}

// While Temporal takes long to start a run, more events share one.
func TestSlowStartsBecomeFewer(t *testing.T) {
	t.Parallel()
	for start, perSecond := range map[time.Duration]int{time.Millisecond: 50, 10 * time.Millisecond: 25, 50 * time.Millisecond: 15} {
		t.Run(start.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newCommits(t)
				c.temporal.OnStarting = func() { time.Sleep(start) }
				for n := range 800 {
					c.fire(fmt.Sprintf(`{"event":"E","data":{"n":%d}}`, n))
					time.Sleep(5 * time.Millisecond)
				}
				time.Sleep(time.Second)
				synctest.Wait()
				require.InDelta(t, 5+4*perSecond, len(c.temporal.Starts), 5)
			})
		})
	}
}

// Each caller gets an error if the run for its event could not be started.
func TestEventsThatCouldNotBeStarted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newCommits(t)
		answers := c.fire(repeated(3, `{"event":"E","data":{"n":%d}}`)...)
		c.temporal.StartError = serviceerror.NewUnavailable("away")
		close(c.goOn)
		synctest.Wait()
		for _, answer := range answers {
			apitest.ProblemOf(t, answer, http.StatusServiceUnavailable)
		}
	})
}
