package voucher_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/voucher"
)

var (
	key   = voucher.NewKey([]byte("0123456789abcdef"))
	other = voucher.NewKey([]byte("fedcba9876543210"))
	noon  = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	ann   = voucher.Holder{Name: "ann", Groups: []string{"sre"}, IdentifiedBy: latch.IdentifiedByKey, Issued: latch.NewTime(noon)}
)

// Contract, "Approvals": a voucher covers the whole message, and only the key that the API and the
// workers share makes one.
func TestRemoval(t *testing.T) {
	t.Parallel()
	removal := latch.LockRelease{Lock: "run:board:abc", Vote: latch.VoteApprove, By: "ann", Reason: "<why>", Data: latch.Object{"a": json.RawMessage(`1.50`), "b": json.RawMessage(` {"z": 1, "<": 2} `)}}
	signed, err := key.ForRemoval(ann, removal)
	require.NoError(t, err)
	removal.Voucher = signed
	for name, change := range map[string]func(*latch.LockRelease){
		"another lock":   func(r *latch.LockRelease) { r.Lock += "d" },
		"another vote":   func(r *latch.LockRelease) { r.Vote = latch.VoteReject },
		"another result": func(r *latch.LockRelease) { r.Result = latch.ResultPass },
		"another name":   func(r *latch.LockRelease) { r.By = "bob" },
		"other groups":   func(r *latch.LockRelease) { r.Groups = []string{"dev"} },
		"another reason": func(r *latch.LockRelease) { r.Reason = "" },
		"other data":     func(r *latch.LockRelease) { r.Data = latch.Object{"a": json.RawMessage("1.5")} },
		"no voucher":     func(r *latch.LockRelease) { r.Voucher = "" },
		"cut short":      func(r *latch.LockRelease) { r.Voucher = r.Voucher[:len(r.Voucher)-1] },
		"lengthened":     func(r *latch.LockRelease) { r.Voucher += "A" },
		"other claims":   func(r *latch.LockRelease) { r.Voucher = "e30" + r.Voucher[strings.Index(r.Voucher, "."):] },
		"no signature":   func(r *latch.LockRelease) { r.Voucher = r.Voucher[:strings.Index(r.Voucher, ".")] },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := removal
			change(&changed)
			_, err := key.OfRemoval(changed)
			require.ErrorIs(t, err, voucher.ErrForged)
		})
	}
	_, err = other.OfRemoval(removal)
	require.ErrorIs(t, err, voucher.ErrForged)
	_, err = voucher.Key{}.OfRemoval(removal)
	require.ErrorIs(t, err, voucher.ErrForged)
	_, err = voucher.Key{}.ForRemoval(ann, removal)
	require.Error(t, err)

	// As the message arrives, after Temporal.
	encoded, err := json.Marshal(removal)
	require.NoError(t, err)
	var arrived latch.LockRelease
	require.NoError(t, arrived.Decode(encoded))
	holder, err := key.OfRemoval(arrived)
	require.NoError(t, err)
	require.Equal(t, ann, holder)
}

// A voucher for a move of a lock's deadline covers the whole message too.
func TestExtension(t *testing.T) {
	t.Parallel()
	extension := latch.LockExtension{Lock: "run:board:abc", Until: latch.NewTime(noon), By: "ann", Reason: "<why>"}
	signed, err := key.ForExtension(ann, extension)
	require.NoError(t, err)
	extension.Voucher = signed
	for name, change := range map[string]func(*latch.LockExtension){
		"another lock":    func(e *latch.LockExtension) { e.Lock += "d" },
		"another time":    func(e *latch.LockExtension) { e.Until = latch.NewTime(noon.Add(time.Hour)) },
		"another timeout": func(e *latch.LockExtension) { e.LockTimeout = 1 },
		"another name":    func(e *latch.LockExtension) { e.By = "bob" },
		"no voucher":      func(e *latch.LockExtension) { e.Voucher = "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := extension
			change(&changed)
			_, err := key.OfExtension(changed)
			require.ErrorIs(t, err, voucher.ErrForged)
		})
	}
	_, err = key.OfRemoval(latch.LockRelease{Lock: "run:board:abc", By: "ann", Reason: "<why>", Voucher: signed})
	require.ErrorIs(t, err, voucher.ErrForged)
	encoded, err := json.Marshal(extension)
	require.NoError(t, err)
	var arrived latch.LockExtension
	require.NoError(t, arrived.Decode(encoded))
	holder, err := key.OfExtension(arrived)
	require.NoError(t, err)
	require.Equal(t, ann, holder)
}

// The voucher of a skip is bound to the message and to one hook of one run.
func TestSkip(t *testing.T) {
	t.Parallel()
	skip := latch.Skip{Webhook: "board", Event: "BEFORE_STEP", By: "ann", Reason: "late"}
	signed, err := key.ForSkip(ann, "dlv_1", skip)
	require.NoError(t, err)
	skip.Voucher = signed
	holder, err := key.OfSkip("dlv_1", skip)
	require.NoError(t, err)
	require.Equal(t, ann, holder)
	for name, change := range map[string]func(*latch.Skip){
		"another webhook": func(s *latch.Skip) { s.Webhook = "other" },
		"a step":          func(s *latch.Skip) { s.Step = "b" },
		"another name":    func(s *latch.Skip) { s.By = "bob" },
		"another reason":  func(s *latch.Skip) { s.Reason = "fine" },
		"no voucher":      func(s *latch.Skip) { s.Voucher = "" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			changed := skip
			change(&changed)
			_, err := key.OfSkip("dlv_1", changed)
			require.ErrorIs(t, err, voucher.ErrForged)
		})
	}
	_, err = key.OfSkip("dlv_2", skip)
	require.ErrorIs(t, err, voucher.ErrForged, "of another hook")
	_, err = other.OfSkip("dlv_1", skip)
	require.ErrorIs(t, err, voucher.ErrForged)
	_, err = voucher.Key{}.OfSkip("dlv_1", skip)
	require.ErrorIs(t, err, voucher.ErrForged)
}

// A starter's voucher is bound to the run's id and input, and to its time.
func TestStart(t *testing.T) {
	t.Parallel()
	input := json.RawMessage(`{"id": "1", "steps": []}`)
	signed, err := key.ForStart(ann, "release-1", input)
	require.NoError(t, err)
	for _, test := range []struct {
		name, id, input, voucher string
		started                  time.Time
		refused                  string
	}{
		{"its own", "release-1", `{"steps":[],"id":"1"}`, signed, noon.Add(time.Minute), ""},
		{"another run", "release-2", string(input), signed, noon, "was not made for this"},
		{"another input", "release-1", `{"id":"1","steps":[1]}`, signed, noon, "was not made for this"},
		{"long ago", "release-1", string(input), signed, noon.Add(11 * time.Minute), "and the run was started at"},
		{"too early", "release-1", string(input), signed, noon.Add(-11 * time.Minute), "and the run was started at"},
		{"nothing", "release-1", string(input), "", noon, "was not made for this"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			holder, err := key.OfStart(test.voucher, test.id, json.RawMessage(test.input), test.started)
			if test.refused != "" {
				require.ErrorContains(t, err, test.refused)
				return
			}
			require.NoError(t, err)
			require.Equal(t, ann, holder)
		})
	}
	removal := latch.LockRelease{Lock: "release-1", Voucher: signed}
	_, err = key.OfRemoval(removal)
	require.ErrorIs(t, err, voucher.ErrForged, "a voucher for one thing is none for another")
}
