package trial_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/trial"
	"github.com/latch-run/latch/internal/vars"
)

// A trial makes up every variable that the run would have at the event, with all its known
// keys.
func TestTrialVariablesAreThoseOfTemplates(t *testing.T) {
	t.Parallel()
	job := &latch.Job{ID: "1", Name: "n", Title: "t", Schedule: &latch.Schedule{Cron: "0 0 * * *"}, Timeout: latch.Duration(time.Minute)}
	release := &latch.Release{ID: "1", Title: "t", Instance: latch.Object{}, Steps: []latch.Step{{Name: "a"}}}
	emission := &latch.Emission{ID: "1", Instance: latch.Object{}}
	for run, c := range map[vars.Runs]struct {
		event string
		file  *trial.File
	}{
		vars.Jobs:     {latch.EventJobSuccess, &trial.File{Kind: latch.JobKind, Job: job}},
		vars.Releases: {latch.EventBeforeStep, &trial.File{Kind: latch.ReleaseKind, Release: release}},
		vars.Customs:  {"CREATED", &trial.File{Kind: latch.EmissionKind, Emission: emission}},
	} {
		hook := trial.Hook{File: c.file, Settings: latch.Event{Event: c.event}}
		made := hook.Variables(vars.NewSystem("worker.example", "stage", "default", "latch"))
		for _, variable := range vars.In(vars.Templates) {
			if variable.Runs&run == 0 {
				require.NotContains(t, made, variable.Name)
				continue
			}
			if variable.Filled {
				continue
			}
			require.Contains(t, made, variable.Name, "%v", run)
			if object, isObject := made[variable.Name].(map[string]any); isObject && variable.Keys != nil {
				require.Subset(t, slices.Sorted(maps.Keys(object)), variable.Keys, variable.Name)
				require.True(t, variable.Open || len(object) == len(variable.Keys), variable.Name)
			}
		}
	}
}
