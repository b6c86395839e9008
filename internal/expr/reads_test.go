package expr

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The checked expression shows whether a decision depends on a field. In doubt it does.
func TestReads(t *testing.T) {
	t.Parallel()
	for source, want := range map[string]Reading{
		`history.data.failed > 0`:                                      Selected,
		`history.data[?'failed'].orValue(0) > 0`:                       Selected,
		`history['data'].failed > 0`:                                   Selected,
		`!has(history.data.failed)`:                                    Selected,
		`'failed' in history.data`:                                     Selected,
		`history.data == {'ok': true}`:                                 Selected,
		`vars.on && (history.result == 'fail' || history.data.n == 1)`: Selected,
		`[1].exists(x, history.data.n == x)`:                           Selected,
		`.history.data.n == 1`:                                         Selected,
		`has(history.data)`:                                            Guessed,
		`history[?'data'].hasValue()`:                                  Guessed,
		`history.?data.?failed.orValue(0) > 0`:                         Guessed,
		`history == {}`:                                                Guessed,
		`size(history) > 3`:                                            Guessed,
		`[history].exists(h, h.data.n == 1)`:                           Guessed,
		`history[vars.key] == 1`:                                       Guessed,
		`history.map(k, history[k]).size() > 1`:                        Guessed,
		`{'h': history}.h.data.n == 1`:                                 Guessed,
		`history.data == null || history.data.n == 1`:                  Compared,
		`null != history['data'] && history.data.n == 1`:               Compared,
		`history.result == 'fail'`:                                     NotRead,
		`history.response.status == 200`:                               NotRead,
		`history['result'] == 'data'`:                                  NotRead,
		`data.n == 1 && vars.history.data == 1`:                        NotRead,
		`records.exists(r, r.data.n == 1)`:                             NotRead,
		`true`:                                                         NotRead,
	} {
		compiled, err := Compile(source, StopRelease)
		require.NoError(t, err, source)
		require.Equal(t, want, compiled.Reads("history", "data"), source)
	}
}
