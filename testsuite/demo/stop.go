package main

import (
	"encoding/json"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// exitNotReleased is the starter's exit code for a release that was stopped or
// rolled back.
const exitNotReleased = 4

var stoppedRelease = showcase{
	title:  "A webhook's answer stops a release, and nothing is undone",
	source: mdoq,
	says: `If the webhook history result is "fail" and the value stop_release is present and set to true in
the webhook history. The release will be cancelled. No action will be taken to undo any steps taken.`,
	play: func(s *scene) {
		s.answers("/lint", receiver.JSON(200, `{"result":"pass","stop_release":true}`))
		s.answers("/regression-tests", receiver.JSON(200, `{"result":"fail","stop_release":true,"failed":3}`))
		spec, err := json.Marshal(latch.Release{
			ID: "shop-4.3", Title: "Shop 4.3", Steps: s.steps(),
			Webhooks: []latch.Webhook{
				{ID: "lint", URL: s.receiver.URL + "/lint", Event: latch.EventBeforeRelease},
				{ID: "regression-tests", URL: s.receiver.URL + "/regression-tests", Event: latch.EventBeforeReleaseComplete},
				{ID: "stopped", URL: s.receiver.URL + "/stopped", Event: latch.EventReleaseStopped},
			},
		})
		require.NoError(s, err)
		s.starter(exitNotReleased, string(spec), "release", "run", "-", "--watch")
		s.arrived("/lint", 1)
		s.arrived("/regression-tests", 1)
		result := s.releaseCalled("release-shop-4.3", latch.ReleaseStopped)

		require.Equal(s, latch.Continue, result.History[0].Decision, "the decision about a result of pass")
		s.right("stop_release with a result of pass stopped nothing")
		require.Equal(s, &latch.DecidedBy{Webhook: "regression-tests", Event: latch.EventBeforeReleaseComplete}, result.DecidedBy)
		require.Equal(s, []string{"do-1", "do-2"}, s.taken(), "the steps taken, in order")
		require.Equal(s, []string{"step-1 done", "step-2 done"}, stepStatuses(result), "the steps' statuses")
		require.Len(s, s.receiver.Requests("/stopped"), 1, "requests of RELEASE_STOPPED")
		s.right("with fail it stopped the release at BEFORE_RELEASE_COMPLETE; both steps stand as they were taken")
	},
}
