package latch_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

func TestEverythingWrongWithAReleaseIsToldAtOnceWithItsPath(t *testing.T) {
	t.Parallel()
	_, err := latch.DecodeRelease([]byte(`{
		"id": 42, "titel": "x", "on_failure": "explode",
		"steps": [{"name": "a", "do": {"command": {"argv": ["true"]}}}, {"name": "a"}],
		"webhooks": [
			{"id": "a:b", "url": "https://user:pw@example.com/", "event": "BEFORE_RELEASE"},
			{"id": "c", "url": "https://example.com/", "events": [
				{"event": "BEFORE_RELEASE", "blocking": true, "lock_timeout": "5 minutes"},
				{"event": "BEFORE_RELESE"},
				{"event": "RELEASE_COMPLETE", "blocking": true, "stop_release": "true"}]}]
	}`))
	var problems latch.Problems
	require.ErrorAs(t, err, &problems)
	var paths []string
	for _, problem := range problems {
		paths = append(paths, problem.Path)
	}
	require.Equal(t, []string{
		"titel", "webhooks[1].events[0].lock_timeout",
		"steps[1].do", "steps[1].name", "on_failure",
		"webhooks[0].id", "webhooks[0].url",
		"webhooks[1].events[1].event", "webhooks[1].events[2].blocking", "webhooks[1].events[2].stop_release",
	}, paths, err.Error())
}
