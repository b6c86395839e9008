package expr

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

// A direct selection finds the same value as the interpreter, at the same cost. It leaves
// everything else to the interpreter.
func TestSelectedIsWhatTheInterpreterFinds(t *testing.T) {
	t.Parallel()
	given := Variables{
		"job":     json.RawMessage(`{"id":"7","title":"<é>","conf":{"a b":[1,2],"n":1.10,"b":{"z":1,"a":null}},"status":{"returncode":0,"started_at":"2026-01-02T03:04:05Z"}}`),
		"release": json.RawMessage(`{"started_at":"not a time"}`),
		"data":    json.RawMessage(`{"[0]":true,"list":[1],"yes":true}`),
		"event":   json.RawMessage(`"JOB_SUCCESS"`),
	}
	for source, isSelected := range map[string]bool{
		"job": true, "job.id": true, ".job.title": true, "job.conf['a b']": true, "job.conf.n": true, "job.conf.b": true,
		"job.conf.b.a": true, "job.status.returncode": true, "event": true, "data.yes": true, "records": true, "lock": true,
		"job.conf.missing": false, "job.conf.b.a.c": false, "data[0]": false, "data['[0]']": false, "data.list[0]": false,
		"event == 'x'": false, "job.?id": false, "now": false, "instance.x": false,
	} {
		template, err := CompileTemplate("${"+source+"}", InText)
		require.NoError(t, err, source)
		e := template.single()
		s := newScope(given)
		require.NoError(t, s.load(e.uses, e.kinds), source)
		left := s.meter.left
		value, found := e.selected(s)
		require.Equal(t, isSelected, found, source)
		if !found {
			require.Equal(t, left, s.meter.left, source)
			continue
		}
		cost := left - s.meter.left
		want, _, err := e.program.Eval(s)
		require.NoError(t, err, source)
		require.Equal(t, 2*cost, left-s.meter.left, source)
		ours, err := appendJSON(nil, value, MaxOutput)
		require.NoError(t, err, source)
		theirs, err := appendJSON(nil, want, MaxOutput)
		require.NoError(t, err, source)
		require.Equal(t, string(theirs), string(ours), source)
		require.Equal(t, want.Type(), value.Type(), source)
	}
}
