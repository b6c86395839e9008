package main

import (
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

var rolledBackRelease = showcase{
	title:  "A webhook's answer rolls a release back, step by step",
	source: mdoq,
	says: `If the webhook history result is "fail" and the value rollback_release is present and set to true in
the webhook history. The release will be cancelled. MDOQ will attempt to undo any steps taken in the
release process.`,
	play: func(s *scene) {
		s.answers("/monitoring", receiver.JSON(200, `{"result":"fail","rollback_release":true,"errors_per_minute":310}`))
		var started struct {
			WorkflowID string `json:"workflow_id"`
		}
		spec := strings.ReplaceAll(rolledBackYAML, "RECEIVER", s.receiver.URL)
		s.decode([]byte(s.starter(0, spec, "release", "run", "-", "--output", "json")), &started)
		require.Equal(s, "release-shop-4.4", started.WorkflowID, "the workflow id that the starter printed")
		s.arrived("/monitoring", 1)
		result := s.releaseCalled(started.WorkflowID, latch.ReleaseRolledBack)

		require.Equal(s, []string{"do-1", "do-2", "undo-2", "undo-1"}, s.taken(), "what the receiver did, in order")
		require.Equal(s, &latch.DecidedBy{Webhook: "monitoring", Event: latch.EventBeforeReleaseComplete}, result.DecidedBy)
		require.Equal(s, []string{"step-1 undone", "step-2 undone"}, stepStatuses(result), "the steps' statuses")
		require.Len(s, s.receiver.Requests("/rolled-back"), 1, "requests of RELEASE_ROLLED_BACK")
		s.right("both steps were undone, the last first, and RELEASE_ROLLED_BACK told so once all was done")
	},
}

// rolledBackYAML is the case's release as a file that a person writes.
const rolledBackYAML = `
id: shop-4.4
title: Shop 4.4
steps:
  - name: step-1
    do:   {http: {url: RECEIVER/do-1}}
    undo: {http: {url: RECEIVER/undo-1}}
  - name: step-2
    do:   {http: {url: RECEIVER/do-2}}
    undo: {http: {url: RECEIVER/undo-2}}
webhooks:
  - id: monitoring
    url: RECEIVER/monitoring
    event: BEFORE_RELEASE_COMPLETE
  - id: rolled-back
    url: RECEIVER/rolled-back
    event: RELEASE_ROLLED_BACK
`
