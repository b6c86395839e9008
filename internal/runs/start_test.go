package runs_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
)

// Where the namespace lacks search attributes, the first of many runs is started twice, and another
// one once a minute has passed.
func TestManyStartsWithoutSearchAttributes(t *testing.T) {
	t.Parallel()
	for _, lacks := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			f := newFake(t)
			f.LacksAttributes = lacks
			over := runs.New(runs.Options{Client: &f.Temporal, Namespace: "default"})
			start := func(from int) {
				for n := range 5 {
					_, err := over.Start(t.Context(), runs.Start{Workflow: latch.WorkflowDeliver, WorkflowID: fmt.Sprint("deliver-", from+n),
						TaskQueue: "latch", Attributes: map[string]any{latch.SearchAttributeID: "board"}})
					require.NoError(t, err)
				}
			}
			start(0)
			time.Sleep(time.Minute)
			start(5)
			require.Len(t, f.Starts, 10)
			if lacks {
				require.Len(t, f.Refused, 2)
				return
			}
			require.Empty(t, f.Refused)
			for _, started := range f.Starts {
				require.NotEmpty(t, started.GetSearchAttributes().GetIndexedFields())
			}
		})
	}
}
