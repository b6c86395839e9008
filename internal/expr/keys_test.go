package expr

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A key that a variable never has is refused at compile time, and not ignored at evaluation.
func TestKeysThatAVariableNeverHasAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		source string
		use    Use
		wrong  string // "" if it compiles
	}{
		{`run.startd_at < now`, When, `run has no key "startd_at"; did you mean "started_at"?`},
		{`run['id'] == 'x'`, When, `run has no key "id"; its keys are workflow_id, run_id, started_at`},
		{`.run.id == 'x'`, When, `run has no key "id"`},
		{`release.titel == 'x'`, When, `release has no key "titel"`},
		{`release.vars.titel == 'x' && release.started_at < now`, When, ""},
		{`step.kvp.anything == 1`, When, ""},
		{`step.nme == 'x'`, When, `step has no key "nme"`},
		{`system['database.version'] == '1' && system.fqdn != ''`, When, ""},
		{`system.fdqn == 'x'`, When, `system has no key "fdqn"`},
		{`webhook.url == 'x'`, When, `webhook has no key "url"`},
		{`true || [1].exists(x, run.id == 'x')`, When, `run has no key "id"`},
		{`history.reslt == 'fail'`, StopRelease, `history has no key "reslt"`},
		{`history.data.reslt == 'fail' && history.response.status == 200`, StopRelease, ""},
		{`response.reason == 'OK'`, Success, `response has no key "reason"; its keys are status, headers, body, data`},
		{`response.data.code == 200 && response.headers['X-A'] == 'b'`, Success, ""},
		// These are open: the user's own, and the additional fields of a registered job.
		{`job.owner == 'x' && vars.a.b == 1 && data.x == 1 && instance.y == 2 && jobs.a.kvp.b == 1 && steps.a.b == 1`, When, ""},
		// Who asks whether a key is there has thought of it.
		{`has(release.owner) && release.owner == 'x'`, When, ""},
		{`'owner' in release && release['owner'] == 'x'`, When, ""},
		{`release[?'owner'].orValue('') == 'x' || release.?owner.hasValue()`, When, ""},
		{`has(release.owner) && release.ower == 'x'`, When, `release has no key "ower"`},
		// A macro's variable of that name is another.
		{`records.exists(run, run.anything == 1)`, When, ""},
		{`data.?run.optMap(run, run.anything).orValue(1) == 1`, When, ""},
		{`data.run.id == 1 && {'run': {'id': 1}}.run.id == 1`, When, ""},
	} {
		_, err := Compile(c.source, c.use)
		if c.wrong == "" {
			require.NoError(t, err, c.source)
		} else {
			require.ErrorContains(t, err, c.wrong, c.source)
		}
	}
}
