package workflows

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/vars"
)

// Every variable of the table has a value in the runs for which it is listed, and no run has
// others.
func TestRunsHaveTheVariablesOfTheTable(t *testing.T) {
	t.Parallel()
	release, result := latch.Release{Instance: latch.Object{}}, latch.ReleaseResult{Steps: []latch.StepResult{{Name: "a"}}}
	for run, c := range map[vars.Runs]struct {
		subject subject
		// event are the variables that the session and the event add.
		event []string
	}{
		vars.Jobs:     {&jobRun{session: &session{}}, nil},
		vars.Releases: {&releaseRun{session: &session{}, release: release, result: result}, []string{"step"}},
		vars.Customs:  {&emitRun{session: &session{}}, []string{"data", "instance"}},
	} {
		given := expr.Variables{}
		c.subject.addVariables(given)
		var want []string
		for _, variable := range vars.In(vars.Templates) {
			if variable.Runs&run != 0 && !variable.Filled {
				want = append(want, variable.Name)
			}
		}
		named := slices.Concat(slices.Collect(maps.Keys(given)), []string{"system", "run", "now", "records"}, c.event)
		require.ElementsMatch(t, want, named, "%T", c.subject)
		for name, value := range given {
			if variable, _ := vars.Find(name); variable.Keys != nil {
				var object map[string]any
				require.NoError(t, json.Unmarshal(value, &object), name)
				require.Subset(t, variable.Keys, slices.Collect(maps.Keys(object)), name)
			}
		}
	}
}
