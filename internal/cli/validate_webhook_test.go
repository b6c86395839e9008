package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Webhooks that stand by themselves are checked as the API checks them, one, a
// list of them, and the list that the API shows.
func TestValidateKnowsWebhooks(t *testing.T) {
	t.Parallel()
	const good = `{"id":"audit","url":"https://example.com/","when":"event == 'JOB_START'","enforced":true,"events":[{"event":"JOB_START"},{"event":"BEFORE_RELEASE","blocking":true}]}`
	for name, test := range map[string]struct {
		input, kind string
		code        int
		want        []string
	}{
		"one":                   {good, "", exitOK, []string{"-: valid (webhook)"}},
		"by a secret's url":     {`{"id":"a","url_secret":"slack","event":"JOB_START"}`, "", exitOK, []string{"-: valid (webhook)"}},
		"a lock alone":          {`{"id":"a","events":[{"event":"BEFORE_RELEASE","blocking":true}]}`, "", exitOK, []string{"-: valid (webhook)"}},
		"YAML documents":        {"id: a\nurl: https://example.com/\nevent: A\n---\nid: b\nurl: https://example.com/\nevent: B\n", "", exitOK, []string{"- document 1: valid (webhook)", "- document 2: valid (webhook)"}},
		"a list":                {"[" + good + "]", "", exitOK, []string{"- [0]: valid (webhook)"}},
		"as the API lists them": {`{"webhooks":[` + strings.Replace(good, "{", `{"created_at":"2026-07-01T10:00:00.000Z","updated_at":"2026-07-01T10:00:00.000Z","warnings":[],`, 1) + `]}`, "", exitOK, []string{"- webhooks[0]: valid (webhook)"}},
		"a list, told":          {`{"webhooks":[` + good + `]}`, "webhook", exitOK, []string{"- webhooks[0]: valid (webhook)"}},
		"an id twice":           {"[" + good + "," + good + "]", "", exitUsage, []string{"- [0]: valid (webhook)", `- [1]: id: "audit" is the id of - [0] too`}},
		"no id":                 {`{"url":"https://example.com/","event":"A"}`, "", exitUsage, []string{"-: id: required"}},
		"all that is wrong": {`{"id":"a","url":"https://example.com/","when":"evnt == 'A'","event":"JOB_SUCESS","enforcd":true}`, "", exitUsage, []string{
			`-: enforcd: unknown key; did you mean "enforced"?`, `-: event: unknown event "JOB_SUCESS"`, `-: when: 1:1: undeclared reference to 'evnt'`}},
		"a warning":             {`{"id":"a","url":"https://example.com/","event":"A","headers":{"Authorization":"x"}}`, "", exitOK, []string{"-: warning: headers.Authorization: its value stands in workflow history"}},
		"a method tells it":     {`{"id":"a","method":"POST","event":"A"}`, "", exitUsage, []string{"-: url: required"}},
		"an emission all along": {`{"id":"a","event":"A","webhooks":[{"id":"w","url":"https://example.com/","event":"A"}]}`, "", exitOK, []string{"-: valid (emission)"}},
	} {
		args := []string{"validate", "-"}
		if test.kind != "" {
			args = append(args, "--kind", test.kind)
		}
		code, out, errors := runs(test.input, nil, args...)
		require.Equal(t, test.code, code, name+out)
		require.Empty(t, errors, name)
		for _, want := range test.want {
			require.Contains(t, out, want, name)
		}
	}
}

// A trial takes any of the webhooks of a list.
func TestTrialOfOneOfAList(t *testing.T) {
	t.Parallel()
	const hooks = "- {id: a, url: 'https://example.com/a', event: JOB_START}\n- {id: b, url: 'https://example.com/b', events: [{event: JOB_START}]}\n"
	code, out, errors := runs(hooks, nil, "webhook", "test", "-", "--event", "JOB_START", "--webhook", "b")
	require.Equal(t, exitOK, code, errors)
	require.Contains(t, out, "POST /b HTTP/1.1")
	code, _, errors = runs(hooks, nil, "webhook", "test", "-", "--event", "JOB_STRAT", "--webhook", "b")
	require.Equal(t, exitUsage, code)
	require.Contains(t, errors, `did you mean "JOB_START"?`)
}
