package buildinfo

import (
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/latch-run/latch"
)

// An Info is what is known of a build. Commit and Date are empty in a program that
// was built outside of a git checkout.
type Info struct {
	Version string `json:"version"`
	// Commit is the commit's full hash.
	Commit string `json:"commit,omitempty"`
	// Date is the time of the commit, in RFC 3339: two builds of a commit are equal.
	Date string `json:"date,omitempty"`
	// Modified reports that the checkout had changes that were not committed.
	Modified bool   `json:"modified,omitempty"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

// Read returns the build of the running program.
func Read() Info {
	build, _ := debug.ReadBuildInfo()
	return of(build)
}

// of returns what Go's tools noted; build may be nil.
func of(build *debug.BuildInfo) Info {
	info := Info{Version: latch.Version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if build == nil {
		return info
	}
	for _, setting := range build.Settings {
		switch setting.Key {
		case "vcs.revision":
			info.Commit = setting.Value
		case "vcs.time":
			info.Date = setting.Value
		case "vcs.modified":
			info.Modified = setting.Value == "true"
		}
	}
	return info
}

// shortCommit is how many digits of a commit's hash a line shows.
const shortCommit = 12

// String returns one line, such as
//
//	latch 0.1.0 (commit 1f0c2d3e4a5b, 2026-11-29T16:00:00Z, go1.26.8, linux/amd64)
func (i Info) String() string {
	var about []string
	if i.Commit != "" {
		commit := "commit " + i.Commit[:min(shortCommit, len(i.Commit))]
		if i.Modified {
			commit += " with changes"
		}
		about = append(about, commit)
	}
	if i.Date != "" {
		about = append(about, i.Date)
	}
	return "latch " + i.Version + " (" + strings.Join(append(about, i.Go, i.Platform), ", ") + ")"
}
