package e2e

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/browser"
)

// The page of README's own example, at a phone's width: its buttons say what they will do, and
// do that.
func TestPageOfTheReadmesExampleInABrowser(t *testing.T) {
	t.Parallel()
	b := setup(t)
	s := b.serve("LATCH_API_KEYS", apiKeys)
	example, err := os.ReadFile(filepath.Join(rootDir(t), "examples", "release.json"))
	require.NoError(t, err)

	tests := []struct {
		name string
		// press lists the buttons to press, in turn.
		press  []string
		status string
		shown  []string
	}{
		{"let pass", []string{"Let pass"}, latch.ReleaseReleased,
			[]string{"This lock is done", "Removed by board", "pass", "The tests are green"}},
		{"stop", []string{"Stop the release", "Yes: Stop the release"}, latch.ReleaseStopped,
			[]string{"This lock is done", "Removed by board", "fail", "stop", "The tests are green"}},
		{"roll back", []string{"Roll back the release", "Yes: Roll back the release"}, latch.ReleaseRolledBack,
			[]string{"This lock is done", "Removed by board", "rollback", "The tests are green"}},
		{"stop, on second thought let pass", []string{"Stop the release", "No: go back", "Let pass"}, latch.ReleaseReleased,
			[]string{"This lock is done", "pass"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := s.within(b.lane(t))
			id := b.queue + "-" + strings.ReplaceAll(test.name, " ", "-")
			var started struct {
				WorkflowID string `json:"workflow_id"`
			}
			named := strings.Replace(string(example), `"id": "first"`, `"id": "`+id+`"`, 1)
			s.as("run-key-0123456789", "POST", "/latch/v1/releases", named).read(t, 201, &started)
			page := browser.Open(t, browser.Phone)
			path := s.url + "/locks/" + url.PathEscape(s.token(started.WorkflowID))

			require.EqualValues(t, 401, page.Visit(path))
			page.Fill("Your API key", "lock-key-0123456789")
			require.EqualValues(t, 200, page.Press("Open this lock’s page"))
			require.Equal(t, []string{"Let pass", "Stop the release", "Roll back the release"}, page.Names("button"))
			require.False(t, page.IsWiderThanItsWindow())
			for _, text := range []string{"The release goes on with step migrate.", "The release stops here. No step was taken.",
				"No step that could be undone was taken.", "shop", "4.2", "You decide as board."} {
				require.Contains(t, page.Text(), text)
			}
			page.Fill("Reason, for the record", "The tests are green")
			for _, button := range test.press {
				require.EqualValues(t, 200, page.Press(button))
			}
			require.Empty(t, page.Names("button"))
			for _, text := range test.shown {
				require.Contains(t, page.Text(), text)
			}

			removed := record(t, s.history(started.WorkflowID), "approval", latch.EventBeforeRelease)
			require.Equal(t, latch.ViaPage, removed.Lock.Via)
			require.Equal(t, "The tests are green", removed.Lock.Reason)
			var result latch.ReleaseResult
			require.NoError(t, shared.client.GetWorkflow(s.ctx, started.WorkflowID, "").Get(s.ctx, &result))
			require.Equal(t, test.status, result.Status)
		})
	}
}
