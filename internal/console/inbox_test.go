package console_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// withVotes is a lock that waits for votes of the groups.
func withVotes(id string, groups []string, change func(*latch.OpenLock)) latch.OpenLock {
	waits := lock(id, "board")
	waits.Missing = []latch.MissingApproval{{Groups: groups, Count: 1}}
	if change != nil {
		change(&waits)
	}
	return waits
}

var lockRows = regexp.MustCompile(`data-row="release-(\d+):`)

// The locks that wait for the vote of the person who is logged in come first, under "Yours": not
// those that they may not vote about, since they started the run or are in no group, and not those
// that they have voted about.
func TestInboxShowsMineFirst(t *testing.T) {
	t.Parallel()
	w := newWorld()
	sre := []string{"sre"}
	w.waits(t, "1", lock("1", "board"))
	w.waits(t, "2", withVotes("2", []string{"leads"}, nil))
	w.waits(t, "3", withVotes("3", sre, func(l *latch.OpenLock) { l.Excluded = "Bob" }))
	w.waits(t, "4", withVotes("4", sre, func(l *latch.OpenLock) { l.Approvals = []latch.Vote{{By: "bob", Result: latch.VoteApprove}} }))
	w.waits(t, "5", withVotes("5", sre, func(l *latch.OpenLock) { l.Until = latch.Time{} }))
	w.waits(t, "6", withVotes("6", sre, nil))
	base := serve(t, w, "bob:lock@sre="+lockKey+",eve:lock@dev="+adminKey+",eye:read@sre="+readKey)
	shown := func(key string) (mine, others []string) {
		body := loggedIn(t, base, key).get("/").body
		if _, after, has := strings.Cut(body, ">Yours<"); has {
			first, rest, has := strings.Cut(after, ">Others<")
			require.True(t, has)
			for _, found := range lockRows.FindAllStringSubmatch(first, -1) {
				mine = append(mine, found[1])
			}
			body = rest
		}
		for _, found := range lockRows.FindAllStringSubmatch(body, -1) {
			others = append(others, found[1])
		}
		return mine, others
	}
	mine, others := shown(lockKey)
	require.Equal(t, []string{"6", "5"}, mine, "the one first that times out")
	require.ElementsMatch(t, []string{"1", "2", "3", "4"}, others)
	for name, key := range map[string]string{"of another group": adminKey, "may only look": readKey} {
		mine, others = shown(key)
		require.Empty(t, mine, name)
		require.Len(t, others, 6, name)
	}
}

// The failed steps at which releases pause stand beside the locks, the longest waiting first, with
// the reason and a link to the page where they are retried or skipped. Filters that no step can
// match leave them out.
func TestInboxShowsPausedReleases(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.waits(t, "1", lock("1", "board"))
	w.waits(t, "2")
	w.Runs[1].PausesAt(latch.PausedStep{Release: "2", Title: "The books", Step: "migrate", Error: "exit code <1>",
		Since: latch.NewTime(noon.Add(time.Minute))},
		latch.PausedStep{Release: "2", Title: "The books", Step: "deploy", Error: "500", Since: latch.NewTime(noon)})
	p := loggedIn(t, serve(t, w, keys), readKey)
	body := p.get("/").body
	require.Contains(t, body, "<title>(3) Inbox")
	require.Contains(t, body, "Failed steps that wait: 2<")
	require.Contains(t, body, "Locks that wait: 1<")
	require.Contains(t, body, `<a href="./console/releases/release-2">The books</a>`)
	require.Contains(t, body, "exit code &lt;1&gt;")
	require.Less(t, strings.Index(body, "release-2 deploy"), strings.Index(body, "release-2 migrate"))
	for query, has := range map[string]bool{"?release=2": true, "?release=1": false, "?webhook=board": false, "?event=BEFORE_RELEASE": false} {
		require.Equal(t, has, strings.Contains(p.get("/"+query).body, "Failed steps that wait"), query)
	}
}
