package expr

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// An expression that only selects gives what CEL gives, at the same cost.
func TestPaths(t *testing.T) {
	t.Parallel()
	vars := variables("event", `"JOB_SUCCESS"`, "records", `[{"result":"pass"}]`,
		"job", `{"id":"22739","n":1.10,"none":null,"list":[1,{"a":2}],"status":{"id":1,"a b":{"c":true}},"":{"x":"y"}}`)
	for source, isPath := range map[string]bool{
		"job": true, "job.id": true, "job.n": true, "job.none": true, "job.list": true, "job.status": true, "job['status']['a b'].c": true,
		".job.status.id": true, "job[''].x": true, "event": true, "records": true, "lock": true, "release": true,
		// Of these CEL tells what is wrong.
		"job.missing": true, "job.id.deeper": true, "job.none.deeper": true, "job.list.deeper": true, "release.id": true,
		"job[?'id']": false, "job.?id": false, "has(job.id)": false, "job.list[0]": false, "job[event]": false, "job.id + 'x'": false, "'job.id'": false, "{'a':job}.a": false,
	} {
		e, err := Compile(source, inTemplate)
		require.NoError(t, err, source)
		require.Equal(t, isPath, e.path != nil, source)
		byCEL := *e
		byCEL.path = nil
		direct, around := newMeter(), newMeter()
		got, gotErr := e.eval(newScope(vars), direct)
		want, wantErr := byCEL.eval(newScope(vars), around)
		require.Equal(t, wantErr, gotErr, source)
		require.Equal(t, around.left, direct.left, source)
		if wantErr != nil {
			continue
		}
		gotJSON, gotErr := appendJSON(nil, got, MaxOutput)
		wantJSON, wantErr := appendJSON(nil, want, MaxOutput)
		require.Equal(t, wantErr, gotErr, source)
		require.Equal(t, string(wantJSON), string(gotJSON), source)
		require.Equal(t, want.Type(), got.Type(), source)
		written := newMeter()
		gotJSON, gotErr = e.appendJSON([]byte("before "), newScope(vars), written)
		require.NoError(t, gotErr, source)
		require.Equal(t, "before "+string(wantJSON), string(gotJSON), source)
		require.Equal(t, around.left, written.left, source)
	}
}

// A path that costs more than is left ends as CEL ends it.
func TestPathTooCostly(t *testing.T) {
	t.Parallel()
	e, err := Compile("job.status.id", inTemplate)
	require.NoError(t, err)
	require.NotNil(t, e.path)
	_, err = e.eval(newScope(variables("job", `{"status":{"id":1}}`)), &meter{left: 3*stepWork - 1})
	require.ErrorIs(t, err, ErrTooCostly)
	_, err = e.appendJSON(nil, newScope(variables("job", `{"status":{"id":1}}`)), &meter{left: 3*stepWork - 1})
	require.ErrorIs(t, err, ErrTooCostly)
	m := &meter{left: 3 * stepWork}
	_, err = e.eval(newScope(variables("job", `{"status":{"id":1}}`)), m)
	require.NoError(t, err)
	require.Zero(t, m.left)
}
