package workflows

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/rawjson"
)

// answered returns a record of about the given size, half of it body, half data.
func answered(i, size int, result string) latch.Record {
	pad := strings.Repeat("x", size/2)
	return latch.Record{
		DeliveryID: fmt.Sprintf("dlv_%d", i), Webhook: "w", Event: "DEPLOYED", WorkflowID: "run", Result: result,
		Data:     latch.Object{"result": json.RawMessage(`"fail"`), "stop_release": json.RawMessage(`true`), "pad": rawjson.Encode(pad)},
		Response: &latch.RecordResponse{Status: 200, Body: pad},
		Request:  &latch.RecordRequest{Method: "POST", URL: "https://hooks.example.com/"},
	}
}

func sizeOf(t *testing.T, h *history) int {
	t.Helper()
	encoded, err := json.Marshal(h.all())
	require.NoError(t, err)
	return len(encoded)
}

// What many people said as they voted is shortened before any record is dropped.
func TestHistoryShortensReasons(t *testing.T) {
	t.Parallel()
	var h history
	votes := make([]latch.Vote, 100)
	for i := range votes {
		votes[i] = latch.Vote{By: "ann", Reason: strings.Repeat("r", maximumVoteReason)}
	}
	for i := range 10 {
		h.add(latch.Record{DeliveryID: fmt.Sprintf("dlv_%d", i), Result: latch.ResultPass, Approvals: votes})
		require.Less(t, sizeOf(t, &h), maximumHistoryBytes)
	}
	records := h.all()
	require.Len(t, records, 10)
	require.True(t, records[0].Truncated)
	require.Len(t, records[0].Approvals, 100)
	require.Less(t, len(records[0].Approvals[0].Reason), 100)
	require.Len(t, votes[0].Reason, maximumVoteReason, "the votes themselves stay")
}

// Contract, "Records": the records of a run stay under 512 KiB. The oldest bodies are cut
// first, then all data that does not decide; `truncated` marks the cut.
func TestHistoryCutsOldestBodiesFirst(t *testing.T) {
	t.Parallel()
	var h history
	for i := range 20 {
		h.add(answered(i, 40_000, latch.ResultFail))
		require.Less(t, sizeOf(t, &h), maximumHistoryBytes)
	}
	records := h.all()
	require.Len(t, records, 20)
	require.True(t, records[0].Truncated)
	require.Empty(t, records[0].Response.Body)
	require.NotEmpty(t, records[0].Data["pad"], "data goes only once no body is left to cut")
	require.False(t, records[19].Truncated)
	require.NotEmpty(t, records[19].Response.Body)
}

// A record's single attempts are cut before any body, without a mark: the count of attempts
// stays.
func TestHistoryCutsTriesBeforeBodies(t *testing.T) {
	t.Parallel()
	var h history
	tries := make([]latch.RecordTry, latch.MaximumTries)
	for i := range tries {
		tries[i].Error = strings.Repeat("e", 200)
	}
	for i := range 300 {
		record := answered(i, 100, latch.ResultPass)
		record.Attempts, record.Tries = 12, tries
		h.add(record)
		require.Less(t, sizeOf(t, &h), maximumHistoryBytes)
	}
	records := h.all()
	require.Len(t, records, 300)
	require.Empty(t, records[0].Tries)
	require.Equal(t, 12, records[0].Attempts)
	require.NotEmpty(t, records[0].Response.Body)
	require.Len(t, records[299].Tries, latch.MaximumTries)
	for _, record := range records {
		require.False(t, record.Truncated)
	}
}

func TestHistoryCutsDataDownToWhatDecides(t *testing.T) {
	t.Parallel()
	var h history
	for i := range 60 {
		h.add(answered(i, 40_000, latch.ResultFail))
		require.Less(t, sizeOf(t, &h), maximumHistoryBytes)
	}
	oldest := h.all()[0]
	require.True(t, oldest.Truncated)
	require.Equal(t, latch.Object{"result": json.RawMessage(`"fail"`), "stop_release": json.RawMessage(`true`)}, oldest.Data)
	require.NotEmpty(t, h.all()[59].Data["pad"])
}

func TestHistoryOfThousandsOfRecords(t *testing.T) {
	t.Parallel()
	var h history
	waiting := answered(0, 10, latch.ResultPending)
	waiting.Lock = &latch.RecordLock{Token: "run:w:token"}
	h.add(waiting)
	for i := 1; i < 5_000; i++ {
		h.add(answered(i, 200, latch.ResultPass))
	}
	require.Less(t, sizeOf(t, &h), maximumHistoryBytes)
	kept := h.all()
	require.Equal(t, "dlv_0", kept[0].DeliveryID, "what somebody waits for stays")
	require.NotEqual(t, "dlv_1", kept[1].DeliveryID)
	require.Equal(t, "dlv_4999", kept[len(kept)-1].DeliveryID)
	require.True(t, kept[0].Truncated)
}

func TestHistoryMeasuresWhatChanges(t *testing.T) {
	t.Parallel()
	var h history
	first := h.add(answered(0, 10, latch.ResultPending))
	for i := range 20 {
		first.Data = latch.Object{"pad": rawjson.Encode(strings.Repeat("x", 20_000*(i+1)))}
		h.changed(first)
		require.Less(t, sizeOf(t, &h), maximumHistoryBytes)
	}
	first.Data = latch.Object{}
	h.changed(first)
	require.Equal(t, sizeOf(t, &h), h.total+1, "its own measure is exact, but for the brackets and a comma")
}

// Contract, "Templates": another hook's lock is visible only after its use.
func TestHistoryHidesOpenLocksFromTemplates(t *testing.T) {
	t.Parallel()
	var h history
	open, used := answered(0, 10, latch.ResultPending), answered(1, 10, latch.ResultPass)
	open.Lock = &latch.RecordLock{Token: "run:w:open"}
	used.Lock = &latch.RecordLock{Token: "run:w:used", Via: latch.ViaUpdate}
	used.Lock.RemovedAt = used.StartedAt
	require.NoError(t, json.Unmarshal([]byte(`"2026-01-02T03:04:05.000Z"`), &used.Lock.RemovedAt))
	h.add(open)
	h.add(used)
	seen := h.forTemplates("")
	require.Nil(t, seen[0].Lock)
	require.Equal(t, "run:w:used", seen[1].Lock.Token)
	require.Equal(t, "run:w:open", h.all()[0].Lock.Token)
}

func TestTruncateKeepsCharactersWhole(t *testing.T) {
	t.Parallel()
	require.Equal(t, "short", excerpt.Of("short", 10))
	require.Equal(t, "é…", excerpt.Of("éé", 3))
	require.Equal(t, "…", excerpt.Of("日本", 2))
}

// The cost of adding a record to a full history does not grow with the number of records,
// although something has to be cut each time.
func TestHistoryLooksOnceAtEachRecordThatIsCut(t *testing.T) {
	looks := func(records int) float64 {
		var h history
		for i := range records {
			h.add(answered(i, 2*maximumHistoryBytes/records, latch.ResultFail))
		}
		return testing.AllocsPerRun(100, func() { h.add(answered(records, 2*maximumHistoryBytes/records, latch.ResultFail)) })
	}
	require.InDelta(t, looks(200), looks(1_000), 40)
}

// A record that has changed since it was cut is cut again, the oldest first.
func TestHistoryCutsAgainWhatHasChanged(t *testing.T) {
	t.Parallel()
	var h history
	first := h.add(answered(0, 40_000, latch.ResultFail))
	for i := 1; i < 20; i++ {
		h.add(answered(i, 40_000, latch.ResultFail))
	}
	require.Empty(t, first.Response.Body)
	first.Response = &latch.RecordResponse{Status: 200, Body: strings.Repeat("y", 20_000)}
	h.changed(first)
	require.Empty(t, first.Response.Body)
	require.Less(t, sizeOf(t, &h), maximumHistoryBytes)
}
