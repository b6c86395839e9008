package buildinfo

import (
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// A build contains the commit and its time if they are known, and whether the checkout had
// changes.
func TestABuildSaysItsCommit(t *testing.T) {
	t.Parallel()
	const hash = "1f0c2d3e4a5b60718293a4b5c6d7e8f901234567"
	tail := runtime.Version() + ", " + runtime.GOOS + "/" + runtime.GOARCH + ")"
	for name, test := range map[string]struct {
		build    *debug.BuildInfo
		want     Info
		wantLine string
	}{
		"no notes": {nil, Info{}, "latch " + latch.Version + " (" + tail},
		"no git checkout": {&debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "GOOS", Value: "plan9"}}}, Info{},
			"latch " + latch.Version + " (" + tail},
		"a clean checkout": {noted(hash, "false"), Info{Commit: hash, Date: "2026-11-29T16:00:00Z"},
			"(commit 1f0c2d3e4a5b, 2026-11-29T16:00:00Z, " + tail},
		"a changed one": {noted(hash, "true"), Info{Commit: hash, Date: "2026-11-29T16:00:00Z", Modified: true},
			"(commit 1f0c2d3e4a5b with changes, 2026-11-29T16:00:00Z, " + tail},
		"a short hash": {noted("1f0c", "false"), Info{Commit: "1f0c", Date: "2026-11-29T16:00:00Z"}, "(commit 1f0c, "},
	} {
		got := of(test.build)
		require.Contains(t, got.String(), test.wantLine, name)
		test.want.Version, test.want.Go, test.want.Platform = latch.Version, runtime.Version(), runtime.GOOS+"/"+runtime.GOARCH
		require.Equal(t, test.want, got, name)
	}
}

func noted(revision, modified string) *debug.BuildInfo {
	return &debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs", Value: "git"}, {Key: "vcs.revision", Value: revision},
		{Key: "vcs.time", Value: "2026-11-29T16:00:00Z"}, {Key: "vcs.modified", Value: modified}}}
}

// A program that runs knows its own version and platform.
func TestTheRunningProgramIsKnown(t *testing.T) {
	t.Parallel()
	got := Read()
	require.Equal(t, latch.Version, got.Version)
	require.Equal(t, runtime.Version(), got.Go)
}
