package console

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/apiclient"
)

// planned returns a plan, its steps given as "[target/]name status", with a group of those that
// are joined by a plus.
func planned(atOnce int, steps ...string) *api.ReleasePlan {
	plan := &api.ReleasePlan{RunID: "run", AtOnce: atOnce}
	group := 0
	for _, each := range steps {
		beside := strings.Split(each, "+")
		if len(beside) > 1 {
			group++
		}
		for _, one := range beside {
			name, status, _ := strings.Cut(one, " ")
			step := api.PlannedStep{Name: name, Status: status}
			step.Target, _, _ = strings.Cut(name, "/")
			if step.Target == name {
				step.Target = ""
			}
			if len(beside) > 1 {
				step.Group = group
			}
			plan.Steps = append(plan.Steps, step)
		}
	}
	return plan
}

// drawn returns the boxes of a picture, each as deep as it is drawn.
func drawn(state *apiclient.State, plan *api.ReleasePlan) string {
	var lines []string
	for _, box := range wayOf(state, plan).Boxes {
		lines = append(lines, strings.Repeat(".", (box.X-4)/wayIndent)+box.Whole())
	}
	return strings.Join(lines, "\n")
}

func running(locks ...latch.OpenLock) *apiclient.State {
	return &apiclient.State{Status: latch.Status{Status: latch.ReleaseRunning, Locks: locks}}
}

// The steps of a target hang below it while it is under way, and those that are taken side by
// side below one box for all of them.
func TestThePictureShowsWhichTargetAndStepStandsWhere(t *testing.T) {
	t.Parallel()
	plan := planned(1, "eu/deploy done", "eu/check done", "us/deploy done", "us/check running+us/warm done",
		"us/open pending", "asia/deploy pending", "asia/check pending")
	require.Equal(t, strings.TrimSpace(`
eu: 2 of 2 steps done
us: 2 of 4 steps done
.deploy: done
.side by side: 1 of 2 steps done
..check: running
..warm: done
.open: pending
asia: 0 of 2 steps done
released`), drawn(running(), plan))
	picture := wayOf(running(), plan)
	require.Equal(t, []int{4 + wayWidth/2, 50, 4 + wayWidth/2, 70}, picture.Arrows[0].Points, "from target to target")
	require.Equal(t, []int{11, 116, 11, 159, 26, 159}, picture.Arrows[1].Points, "from the target to its first step")
	require.Contains(t, picture.Describe, "us: 2 of 4 steps done; deploy: done; side by side")
}

// Targets that are taken at a time hang below one box, a lock at a target is shown with its
// steps, and many that stand alike share a box.
func TestThePictureOfTargetsAtATime(t *testing.T) {
	t.Parallel()
	plan := planned(2, "eu/deploy done", "us/deploy pending", "asia/deploy running",
		"a/deploy pending", "b/deploy pending", "c/deploy pending", "d/deploy pending")
	require.Equal(t, strings.TrimSpace(`
7 targets: 2 at a time
.eu: 1 of 1 step done
.us: 0 of 1 step done
..deploy: pending
.asia: 0 of 1 step done
..deploy: running
.4 targets later: a, b, c, d
released`), drawn(running(latch.OpenLock{Step: "us", Event: latch.EventBeforeTarget}), plan))
	plan.RunID = ""
	for i := range plan.Steps {
		plan.Steps[i].Status = latch.StepPending
	}
	require.Contains(t, drawn(running(), plan), "\n..deploy: pending\n", "the first stands for all")
}

// Only so many targets are drawn with their steps.
func TestThePictureIsBounded(t *testing.T) {
	t.Parallel()
	var steps []string
	for i := range 200 {
		steps = append(steps, fmt.Sprintf("t%d/deploy failed", i))
	}
	require.Equal(t, maximumOpened, strings.Count(drawn(running(), planned(200, steps...)), "..deploy: failed"))
}

// Where a target stands follows from its steps, from what holds it, and from whether the release
// goes on.
func TestWhereATargetStands(t *testing.T) {
	t.Parallel()
	closed := &apiclient.State{ClosedAt: latch.NewTime(time.Unix(1, 0))}
	paused := running()
	paused.Paused = []latch.PausedStep{{Step: "eu/deploy"}}
	for _, test := range []struct {
		steps   string
		release *apiclient.State
		state   string
	}{
		{"done done", running(), targetDone}, {"done done", closed, targetDone},
		{"pending pending", running(), targetLater}, {"skipped skipped", closed, targetSkipped},
		{"done pending", running(), targetNow}, {"running pending", running(), targetNow},
		{"skipped done", running(), targetDone}, {"done skipped", closed, targetPartly},
		{"undone skipped", closed, targetUndone}, {"undone undone", closed, targetUndone}, {"undone done", running(), targetNow},
		{"failed pending", running(), targetFailed}, {"undone undo_failed", closed, targetFailed},
		{"failed pending", paused, targetWaits},
		{"pending pending", running(latch.OpenLock{Step: "eu"}), targetWaits},
		{"done pending", running(latch.OpenLock{Step: "eu/check"}), targetWaits},
		{"done pending", running(latch.OpenLock{Step: "euro/check"}), targetNow},
	} {
		first, second, _ := strings.Cut(test.steps, " ")
		targets := targetsOf(test.release, planned(1, "eu/deploy "+first, "eu/check "+second))
		require.Len(t, targets, 1)
		require.Equal(t, test.state, targets[0].state, "%s", test.steps)
	}
	require.Equal(t, "1 done, 2 later", targetsFact(targetsOf(running(), planned(1, "a/x done", "b/x pending", "c/x pending"))).Text)
	require.Nil(t, targetList(targetsOf(running(), planned(1, "x done"))))
	require.Equal(t, "deploy done, check pending",
		targetList(targetsOf(running(), planned(1, "eu/deploy done", "eu/check pending"))).Rows[0].Cells[2].Text)
}

// Hooks whose decision is only recorded are not waited for, and are named apart.
func TestThePictureOfHooksThatAreNotEnforced(t *testing.T) {
	t.Parallel()
	plan := planned(0, "deploy running")
	plan.Gates = []api.PlannedGate{{Webhook: "board", Event: latch.EventBeforeRelease}}
	plan.Observers = []api.PlannedGate{{Webhook: "new-rule", Event: latch.EventBeforeRelease}}
	require.Contains(t, drawn(running(), plan), "BEFORE_RELEASE: 1 gate, 1 only recorded")
	state := running()
	state.History = []latch.Record{{Webhook: "new-rule", Event: latch.EventBeforeRelease, Result: latch.ResultPending}}
	require.Contains(t, drawn(state, plan), "BEFORE_RELEASE: 1 hook done, 1 only recorded")
	state.History[0].Result, state.History[0].WouldDecide = latch.ResultFail, latch.Stop
	require.NotContains(t, drawn(state, plan), "decided against it")
}
