package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/cli/failure"
)

// Separate webhooks are checked as the API checks them: a single one, a list of them, and the
// list that the API returns.
func TestValidateKnowsWebhooks(t *testing.T) {
	t.Parallel()
	const good = `{"id":"audit","url":"https://example.com/","when":"event == 'JOB_START'","enforced":true,
		"events":[{"event":"JOB_START"},{"event":"BEFORE_RELEASE","blocking":true}]}`
	for name, test := range map[string]struct {
		input, kind string
		code        int
		want        []string
	}{
		"one":               {good, "", failure.ExitOK, []string{"-: valid (webhook)"}},
		"by a secret's url": {`{"id":"a","url_secret":"slack","event":"JOB_START"}`, "", failure.ExitOK, []string{"-: valid (webhook)"}},
		"a lock alone": {`{"id":"a","events":[{"event":"BEFORE_RELEASE","blocking":true}]}`, "", failure.ExitOK,
			[]string{"-: valid (webhook)"}},
		"YAML documents": {
			`id: a
url: https://example.com/
event: A
---
id: b
url: https://example.com/
event: B
`, "", failure.ExitOK, []string{"- document 1: valid (webhook)", "- document 2: valid (webhook)"}},
		"a list": {"[" + good + "]", "", failure.ExitOK, []string{"- [0]: valid (webhook)"}},
		"as the API lists them": {`{"webhooks":[` +
			strings.Replace(good, "{", `{"created_at":"2026-07-01T10:00:00.000Z","updated_at":"2026-07-01T10:00:00.000Z",`+
				`"warnings":[],`, 1) + `]}`, "", failure.ExitOK, []string{"- webhooks[0]: valid (webhook)"}},
		"a list, told": {`{"webhooks":[` + good + `]}`, "webhook", failure.ExitOK, []string{"- webhooks[0]: valid (webhook)"}},
		"an id twice": {"[" + good + "," + good + "]", "", failure.ExitUsage,
			[]string{"- [0]: valid (webhook)", `- [1]: id: "audit" is the id of - [0] too`}},
		"no id": {`{"url":"https://example.com/","event":"A"}`, "", failure.ExitUsage, []string{"-: id: required"}},
		"all that is wrong": {`{"id":"a","url":"https://example.com/","when":"evnt == 'A'","event":"JOB_SUCESS",
			"enforcd":true}`, "", failure.ExitUsage, []string{
			`-: enforcd: unknown key; did you mean "enforced"?`, `-: event: unknown event "JOB_SUCESS"`,
			`-: when: 1:1: undeclared reference to 'evnt'`}},
		"a warning": {`{"id":"a","url":"https://example.com/","event":"A","headers":{"Authorization":"x"}}`, "",
			failure.ExitOK, []string{"-: warning: headers.Authorization: its value stands in workflow history"}},
		"a method tells it": {`{"id":"a","method":"POST","event":"A"}`, "", failure.ExitUsage, []string{"-: url: required"}},
		"an emission all along": {`{"id":"a","event":"A","webhooks":[{"id":"w","url":"https://example.com/","event":"A"}]}`,
			"", failure.ExitOK, []string{"-: valid (emission)"}},
	} {
		args := []string{"validate", "-"}
		if test.kind != "" {
			args = append(args, "--kind", test.kind)
		}
		code, out, errors := execute(test.input, nil, args...)
		require.Equal(t, test.code, code, name+out)
		require.Empty(t, errors, name)
		for _, want := range test.want {
			require.Contains(t, out, want, name)
		}
	}
}

// A trial accepts any of the webhooks in a list.
func TestTrialOfOneOfAList(t *testing.T) {
	t.Parallel()
	const hooks = "- {id: a, url: 'https://example.com/a', event: JOB_START}\n- {id: b, url: " +
		"'https://example.com/b', events: [{event: JOB_START}]}\n"
	code, out, errors := execute(hooks, nil, "webhook", "test", "-", "--event", "JOB_START", "--webhook", "b")
	require.Equal(t, failure.ExitOK, code, errors)
	require.Contains(t, out, "POST /b HTTP/1.1")
	code, _, errors = execute(hooks, nil, "webhook", "test", "-", "--event", "JOB_STRAT", "--webhook", "b")
	require.Equal(t, failure.ExitUsage, code)
	require.Contains(t, errors, `did you mean "JOB_START"?`)
}
