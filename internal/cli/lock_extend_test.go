package cli

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/cli/failure"
)

const extendedRecord = `{"delivery_id":"dlv_1","webhook":"board","event":"BEFORE_RELEASE","workflow_id":"release-1","run_id":"run-1","result":"pending",
	"data":{},"attempts":0,"lock":{"token":"release-1:board:r","extensions":[{"until":"2026-07-01T18:00:00.000Z","at":"2026-07-01T10:00:00.000Z","by":"ada","via":"update"}]},
	"until":"2026-07-01T18:00:00.000Z"}`

// TestExtendLock: the deadline is given as a time, from the lock's opening, or from the deadline
// that the lock has.
func TestExtendLock(t *testing.T) {
	t.Parallel()
	const path = "POST /latch/v1/locks/release-1:board:r/extend"
	for name, test := range map[string]struct {
		args []string
		sent string
	}{
		"until": {[]string{"--until", "2026-07-01T20:00:00+02:00", "--reason", "later"},
			`{"lock":"release-1:board:r","until":"2026-07-01T18:00:00.000Z","by":"ada","reason":"later"}`},
		"timeout": {[]string{"--timeout", "48h"}, `{"lock":"release-1:board:r","lock_timeout":"48h0m0s","by":"ada"}`},
		"for":     {[]string{"--for", "4h"}, `{"lock":"release-1:board:r","until":"2026-07-01T18:00:00.000Z","by":"ada"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newAPI(t, map[string][]apiAnswer{path: {{200, extendedRecord}},
				"GET /latch/v1/locks/release-1:board:r": {{200,
					`{"token":"release-1:board:r","open":true,"until":"2026-07-01T14:00:00.000Z","record":` + extendedRecord + `}`}}})
			out := f.ok("", append([]string{"lock", "extend", "release-1:board:r"}, test.args...)...)
			require.Contains(t, out, "open until 2026-07-01T18:00:00Z\n")
			require.NotContains(t, out, "nothing was changed")
			require.JSONEq(t, test.sent, f.bodies[len(f.bodies)-1])
		})
	}
	unchanged := updating(newTemporal("release-1"), extendedRecord[:len(extendedRecord)-1]+`,"unchanged":true}`, nil)
	code, out, errors := execute("", unchanged, "lock", "extend", "release-1:board:r", "--timeout", "8h")
	require.Equal(t, failure.ExitOK, code, errors)
	require.Contains(t, out, "nothing was changed: the lock had that deadline already\n")
	require.Equal(t, "extend_lock", unchanged.Updates[0].UpdateName)
}

// What is wrong is refused before anything is sent.
func TestExtendLockRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"a:b:c"}, "give exactly one of --for, --until and --timeout"},
		{[]string{"a:b:c", "--for", "1h", "--timeout", "2h"}, "give exactly one of --for, --until and --timeout"},
		{[]string{"a:b:c", "--for", "-1h"}, "--for -1h0m0s: a deadline moves to a later time only"},
		{[]string{"a:b:c", "--until", "six"}, `until: must be a time in RFC 3339 such as "2026-07-01T18:00:00Z", not "six"`},
		{[]string{"a:b", "--timeout", "1h"}, `"a:b" is no lock`},
	} {
		code, _, errors := execute("", nil, append([]string{"lock", "extend"}, test.args...)...)
		require.Equal(t, failure.ExitUsage, code, test.args)
		require.Contains(t, errors, test.want)
	}
	f := newAPI(t, map[string][]apiAnswer{
		"GET /latch/v1/locks/w:h:r":         {{200, `{"token":"w:h:r","open":true,"record":` + extendedRecord + `}`}},
		"POST /latch/v1/locks/w:h:r/extend": {{422, `{"detail":"lock: webhook \"h\" has no lock_timeout"}`}}})
	code, _, errors := f.run("", "lock", "extend", "w:h:r", "--for", "1h")
	require.Equal(t, failure.ExitUsage, code)
	require.Contains(t, errors, `webhook "h" has no lock_timeout`, "the run says why a lock has no deadline")
	f = newAPI(t, map[string][]apiAnswer{"GET /latch/v1/locks/w:h:r": {{200,
		`{"token":"w:h:r","open":true,"until":"2026-07-01T18:00:00.000Z",
		"escalates":{"at":"2026-07-02T10:00:00.000Z","groups":["leads"],"users":["eve"]},"record":` + extendedRecord + `}`}}})
	out := f.ok("", "lock", "show", "w:h:r")
	require.Contains(t, out, "open until 2026-07-01T18:00:00Z\nescalates at 2026-07-02T10:00:00Z to group leads, eve\n"+
		"extended until 2026-07-01T18:00:00Z, at 2026-07-01T10:00:00Z by ada\n")
}
