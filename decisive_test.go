package latch_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Contract, "Decisions": the meaning of the decisive keys without an expression. Any other
// value has no meaning, and an error names it.
func TestDecisiveKeys(t *testing.T) {
	t.Parallel()
	const unclear = "unclear"
	for value, want := range map[string]struct{ result, truth string }{
		``:       {"", "false"},
		`null`:   {"", "false"},
		`"pass"`: {"pass", unclear}, `"fail"`: {"fail", unclear}, `"FAIL"`: {"fail", unclear}, `"Pass"`: {"pass", unclear},
		"\"\\u0066ail\"": {"fail", unclear}, " \n\"fail\" ": {"fail", unclear},
		`true`: {unclear, "true"}, `"true"`: {unclear, "true"}, `1`: {unclear, "true"}, `1.0`: {unclear, "true"}, `1e0`: {unclear, "true"},
		`false`: {unclear, "false"}, `"false"`: {unclear, "false"}, `0`: {unclear, "false"}, `0.00`: {unclear, "false"},
		`-0`: {unclear, "false"}, `0e7`: {unclear, "false"},
		`"failed"`: {unclear, unclear}, `"success"`: {unclear, unclear}, `" fail"`: {unclear, unclear},
		`"fail\u0000"`: {unclear, unclear}, `"paſſ"`: {unclear, unclear},
		`"True"`: {unclear, unclear}, `"TRUE"`: {unclear, unclear}, `"yes"`: {unclear, unclear}, `"1"`: {unclear, unclear},
		`"0"`: {unclear, unclear}, `""`: {unclear, unclear},
		`"null"`: {unclear, unclear}, `2`: {unclear, unclear}, `-1`: {unclear, unclear}, `1.5`: {unclear, unclear},
		`10`: {unclear, unclear}, `1e1`: {unclear, unclear},
		`0.1`: {unclear, unclear}, `[]`: {unclear, unclear}, `[true]`: {unclear, unclear}, `{}`: {unclear, unclear},
		`{"fail":true}`: {unclear, unclear},
	} {
		data := latch.Object{}
		for _, key := range latch.DecisiveKeys {
			if value != "" {
				data[key] = json.RawMessage(value)
			}
		}
		result, err := data.Result()
		if want.result == unclear {
			require.ErrorContains(t, err, `is neither "pass" nor "fail"`, value)
			require.ErrorContains(t, err, "result: "+strings.TrimSpace(value), value)
		} else {
			require.NoError(t, err, value)
			require.Equal(t, want.result, result, value)
		}
		require.Equal(t, err, data.Understood(latch.KeyResult))
		for _, key := range []string{latch.KeyStopRelease, latch.KeyRollbackRelease} {
			truth, err := data.Truth(key)
			require.Equal(t, err, data.Understood(key))
			if want.truth == unclear {
				require.ErrorContains(t, err, key+": "+strings.TrimSpace(value)+" is neither true nor false", value)
				require.False(t, truth)
				continue
			}
			require.NoError(t, err, value)
			require.Equal(t, want.truth == "true", truth, value)
		}
	}
	_, err := latch.Object{"result": json.RawMessage(`"` + strings.Repeat("x", 5000) + `"`)}.Result()
	require.Less(t, len(err.Error()), 120, "a long value is cut")
}
