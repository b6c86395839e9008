package lockpage

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
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
