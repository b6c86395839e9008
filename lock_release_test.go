package latch

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Contract, "Blocking and locks": a second removal that asks for the same as the first changes
// nothing. One that asks for another result, or comes after a timeout, is refused.
func TestSecondRemovalOfALock(t *testing.T) {
	t.Parallel()
	const at = `"removed_at":"2026-07-01T10:00:00.000Z"`
	by := func(result, data string) string {
		return `{"result":"pass","data":` + data + `,
			"lock":{"token":"r:board:1",` + at + `,"removed_by":"ann","via":"api","result":"` + result + `"}}`
	}
	for name, each := range map[string]struct{ record, removal, refusal string }{
		"pass again":                    {by("pass", `{"result":"pass"}`), `{"result":"pass"}`, ""},
		"fail again":                    {by("fail", `{"result":"fail"}`), `{"result":"fail","by":"bob","reason":"too"}`, ""},
		"none again":                    {by("", `{}`), `{}`, ""},
		"none again, the endpoint's no": {by("", `{"result":"fail"}`), `{}`, ""},
		"fail after pass": {by("pass", `{"result":"pass"}`), `{"result":"fail"}`,
			"the lock was removed at 2026-07-01T10:00:00Z by ann with the result pass, and this asks for fail"},
		"pass after fail":              {by("fail", `{"result":"fail"}`), `{"result":"pass"}`, "with the result fail, and this asks for pass"},
		"none after fail":              {by("fail", `{"result":"fail"}`), `{}`, "with the result fail, and this asks for pass"},
		"none after pass":              {by("pass", `{"result":"pass"}`), `{}`, ""},
		"pass after none":              {by("", `{}`), `{"result":"pass"}`, ""},
		"fail after none":              {by("", `{}`), `{"result":"fail"}`, "with the result pass, and this asks for fail"},
		"fail after the endpoint's no": {by("", `{"result":"fail"}`), `{"result":"fail"}`, ""},
		"pass after the endpoint's no": {by("", `{"result":"fail"}`), `{"result":"pass"}`, "with the result fail, and this asks for pass"},
		"fail in data after pass":      {by("pass", `{"result":"pass"}`), `{"data":{"result":"fail"}}`, "this asks for fail"},
		"fail in data after fail":      {by("fail", `{"result":"fail"}`), `{"data":{"result":"fail"}}`, ""},
		"fail in capitals after fail":  {by("", `{"result":"FAIL"}`), `{"result":"fail"}`, ""},
		"a word of the hook's own": {`{"result":"fail","data":{"result":"broken"},"lock":{` + at + `,"via":"api"}}`,
			`{"result":"pass"}`, "with the result fail"},
		"a stop as text": {by("fail", `{"result":"fail","stop_release":"true"}`),
			`{"result":"fail","data":{"stop_release":1}}`, ""},
		"other data": {by("fail", `{"result":"fail"}`), `{"result":"fail","data":{"ticket":7}}`, ""},
		"a rollback after a stop": {by("fail", `{"result":"fail","stop_release":true}`),
			`{"result":"fail","data":{"rollback_release":true}}`, "with another rollback_release than this asks for"},
		"a stop again": {by("fail", `{"result":"fail","stop_release":true}`),
			`{"result":"fail","data":{"stop_release":true,"rollback_release":false}}`, ""},
		"a rejection again": {by("fail", `{"result":"fail","stop_release":true}`), `{"vote":"reject"}`, ""},
		"a stop after a rejection": {by("fail", `{"result":"fail","stop_release":true}`),
			`{"result":"fail","data":{"stop_release":true}}`, ""},
		"a fail after a rejection": {by("fail", `{"result":"fail","stop_release":true}`), `{"result":"fail"}`, ""},
		"a rejection after a fail": {by("fail", `{"result":"fail"}`), `{"vote":"reject"}`,
			"with another stop_release than this asks for"},
		"a rejection after a pass":  {by("pass", `{"result":"pass"}`), `{"vote":"reject"}`, "and this asks for fail"},
		"an approval after a pass":  {by("pass", `{"result":"pass"}`), `{"vote":"approve"}`, ""},
		"an approval after nothing": {by("", `{}`), `{"vote":"approve"}`, ""},
		"a rejection that is told not to stop": {by("fail", `{"result":"fail"}`), `{"vote":"reject","data":{"stop_release":false}}`,
			"data.stop_release: false, and the vote reject"},
		"a withdrawal": {by("", `{}`), `{"vote":"withdraw"}`, "this lock has no approvals, and the first removal decides it"},
		"decided otherwise than asked": {
			`{"result":"fail","data":{"result":"pass"},"lock":{` + at + `,"via":"page","result":"pass"}}`, `{"result":"pass"}`, ""},
		"after the timeout": {
			`{"result":"pass","decision":"stop","data":{},"lock":{` + at + `,"via":"timeout"}}`, `{"result":"pass"}`,
			"the lock timed out at 2026-07-01T10:00:00Z, and on_timeout decided: stop"},
		"after another hook's rollback": {`{"result":"skipped","data":{},
			"lock":{` + at + `,"via":"override",
				"reason":"the event was decided: rollback"}}`, `{}`, "the lock was closed at 2026-07-01T10:00:00Z: the event was decided: rollback"},
		"after a skip": {
			`{"result":"skipped","data":{},
				"lock":{` + at + `,"via":"update","removed_by":"ann",
					"reason":"flaky"}}`, `{}`, "the hook was skipped at 2026-07-01T10:00:00Z by ann: flaky"},
		"of a record of before, the same": {`{"result":"fail","data":{"result":"fail"},"lock":{` + at + `,"via":"api"}}`,
			`{"result":"fail"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var record Record
			require.NoError(t, json.Unmarshal([]byte(each.record), &record))
			var removal LockRelease
			require.NoError(t, json.Unmarshal([]byte(each.removal), &removal))
			if each.refusal == "" {
				require.Empty(t, removal.RefusedBy(&record))
				return
			}
			require.Contains(t, removal.RefusedBy(&record), each.refusal)
		})
	}
}

// Contract, "Blocking and locks": what a vote is to a lock without approvals. What the sender wrote
// stays as it was.
func TestWithoutApprovals(t *testing.T) {
	t.Parallel()
	for removal, want := range map[string]string{
		`{}`:                                                  `{}`,
		`{"result":"fail","data":{"a":1}}`:                    `{"result":"fail","data":{"a":1}}`,
		`{"vote":"approve","data":{"a":1}}`:                   `{"vote":"approve","result":"pass","data":{"a":1}}`,
		`{"vote":"reject"}`:                                   `{"vote":"reject","result":"fail","data":{"stop_release":true}}`,
		`{"vote":"reject","data":{"a":1}}`:                    `{"vote":"reject","result":"fail","data":{"a":1,"stop_release":true}}`,
		`{"vote":"reject","data":{"stop_release":null}}`:      `{"vote":"reject","result":"fail","data":{"stop_release":true}}`,
		`{"vote":"reject","data":{"stop_release":1}}`:         `{"vote":"reject","result":"fail","data":{"stop_release":1}}`,
		`{"vote":"reject","data":{"stop_release":"its own"}}`: `{"vote":"reject","result":"fail","data":{"stop_release":"its own"}}`,
		`{"vote":"reject","data":{"rollback_release":true}}`:  `{"vote":"reject","result":"fail","data":{"rollback_release":true,"stop_release":true}}`,
		`{"vote":"reject","data":{"stop_release":0}}`: "data.stop_release: 0, and the vote reject, which asks to stop; leave out one of them, " +
			"or give the result fail instead of the vote",
		`{"vote":"withdraw"}`: "vote: withdraw: this lock has no approvals, and the first removal decides it",
	} {
		var given LockRelease
		require.NoError(t, json.Unmarshal([]byte(removal), &given))
		plain, err := given.WithoutApprovals()
		if want[0] != '{' {
			require.EqualError(t, err, want)
			continue
		}
		require.NoError(t, err, removal)
		var wanted, same LockRelease
		require.NoError(t, json.Unmarshal([]byte(want), &wanted))
		require.Equal(t, wanted, plain, removal)
		require.NoError(t, json.Unmarshal([]byte(removal), &same))
		require.Equal(t, same, given, "the message itself")
		again, err := plain.WithoutApprovals()
		require.NoError(t, err)
		require.Equal(t, plain, again, removal)
	}
}

// The answer to a removal is the record, with one more key if nothing changed.
func TestReleasedIsARecord(t *testing.T) {
	t.Parallel()
	record := Record{DeliveryID: "dlv_1", Result: ResultPass, Data: Object{}, StartedAt: NewTime(time.Unix(0, 0))}
	plain, err := json.Marshal(record)
	require.NoError(t, err)
	first, err := json.Marshal(Released{Record: record})
	require.NoError(t, err)
	require.JSONEq(t, string(plain), string(first))
	again, err := json.Marshal(Released{Record: record, Unchanged: true})
	require.NoError(t, err)
	require.JSONEq(t, string(plain[:len(plain)-1])+`,"unchanged":true}`, string(again))
}
