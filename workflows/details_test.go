package workflows

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// The table shows the current state of each record, although a row is only rendered once for
// each change.
func TestTableShowsWhatChanged(t *testing.T) {
	var h history
	record := h.add(latch.Record{DeliveryID: "dlv_0", Webhook: "a|b", Event: "DEPLOYED", Result: latch.ResultPending})
	require.Contains(t, h.table(), `| DEPLOYED | a\|b | pending |`)
	record.Result = latch.ResultFail
	h.changed(record)
	require.Contains(t, h.table(), `| DEPLOYED | a\|b | fail |`)
	for range 10 * maximumRows {
		h.add(*record)
	}
	h.table()
	require.Less(t, testing.AllocsPerRun(10, func() { h.table() }), 30.0, "no row is written anew")
}
