package lockpage

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/runs"
)

// A record shows the rule that decided, which may quote the release's input, only to visitors
// with a key, and not to those with only a link.
func TestRuleIsShownToThoseWithAKey(t *testing.T) {
	t.Parallel()
	record := latch.Record{Webhook: "board", Event: latch.EventBeforeRelease, Result: latch.ResultFail, Decision: latch.Stop,
		Rule: "stop_release: vars.limit > 5", Lock: &latch.RecordLock{RemovedAt: latch.NewTime(time.Unix(0, 0)), Via: latch.ViaAPI}}
	for linked, shown := range map[bool]string{false: record.Rule, true: ""} {
		require.Equal(t, shown, viewOfRecord(record, true, linked).Rule)
		require.Equal(t, shown, viewOfUse(record, linked, time.Unix(60, 0)).Rule)
	}
	var written bytes.Buffer
	used := viewOfUse(record, false, time.Unix(60, 0))
	require.NoError(t, pageTemplate.Execute(&written, page{Lock: &lockView{Used: used,
		Records: []recordView{viewOfRecord(record, true, false)}}}))
	require.Contains(t, written.String(), "<dt>Rule</dt><dd>stop_release: vars.limit &gt; 5</dd>")
	require.Contains(t, written.String(), "Rule: stop_release: vars.limit &gt; 5</p>")
}

// The page says of a hook with enforce false that what it decides is recorded and not acted on,
// while it decides and after that.
func TestHooksThatAreNotEnforcedAreMarked(t *testing.T) {
	t.Parallel()
	no := false
	definition := &runs.Definition{Kind: latch.ReleaseKind, Release: latch.Release{Webhooks: []latch.Webhook{
		{ID: "new-rule", URL: "https://example.com/",
			Events: []latch.Event{{Event: latch.EventBeforeRelease, Enforce: &no}, {Event: latch.EventAfterStep}}}}}}
	records := []latch.Record{{Webhook: "new-rule", Event: latch.EventBeforeRelease, Result: latch.ResultPending},
		{Webhook: "new-rule", Event: latch.EventBeforeRelease, Result: latch.ResultFail, WouldDecide: latch.Stop},
		{Webhook: "new-rule", Event: latch.EventAfterStep, Decision: latch.Stop}}
	views := viewsOf(definition, records, 0, true)
	require.Equal(t, "What it decides is recorded and not acted on.", views[0].WouldDecide)
	require.Equal(t, "It would decide stop, which is recorded and not acted on.", views[1].WouldDecide)
	require.Empty(t, views[2].WouldDecide)
	var written bytes.Buffer
	require.NoError(t, pageTemplate.Execute(&written, page{Lock: &lockView{Records: views}}))
	require.Contains(t, written.String(), views[1].WouldDecide)
}
