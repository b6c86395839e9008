package cli

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/cli/failure"
)

const mistakesInYAML = `# a release
id: shop
titel: Shop
steps:
  - name: a
    do: &http
      http:
        url: ftp://example.com/
        timeout: 5
  - name: b
    do: *http
    undo:
      <<: *http
      htpp: {}
vars:
  a.b: 1
  a.b: 2
webhooks:
- id: board
  url: https://example.com/
  headers:
    X-A.B: "a\nb"
  body:
    text:
      - ok
      - ${nobody}
  events:
    - event: BEFORE_RELEASE
      when: >-
        1 ==
        'a'
    - {event: AFTER_STEPP, blocking: perhaps}
`

const mistakesInJSON = `{
  "id": "nightly", "ttile": "\ud83d\ude00",
  "task": {"http":
    {"url": "https://example.com/", "method":
      "GETT"}},
  "webhooks": [
    {"id": "w", "url": "https://example.com/", "event": "JOB_SUCESS"},
    {"id": "v", "url": "https://example.com/",
     "events": [
       {"event": "JOB_START", "timeout": "1s"}]}],
  "id": "twice"
}`

// Every problem in a file of several lines is reported with the line and the column, whether
// reading, the rules, or a compiler found it.
func TestProblemsNameTheLine(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text string
		want []string
	}{
		"YAML": {mistakesInYAML, []string{
			`titel: unknown key; did you mean "title"? (line 3, column 1)`, `steps[0].do.http.timeout: must be a Go duration`,
			`not 5 (line 9, column 18)`,
			`steps[1].do.http.timeout: must be`, `steps[1].undo.htpp: unknown key; did you mean "http"? (line 14, column 7)`,
			`vars.a.b: is given twice (line 17, column 3)`,
			`webhooks[0].events[1].blocking: must be true or false, not "perhaps" (line 32, column 38)`,
			`steps[0].do.http.url: "ftp://example.com/" must begin with http:// or https:// (line 8, column 14)`,
			`(line 22, column 12)`, `(line 26, column 9)`, `did you mean "AFTER_STEP"? (line 32, column 15)`,
			`webhooks[0].events[0].when: 1:3: `, `(line 29, column 7)`}},
		"JSON": {mistakesInJSON, []string{
			`ttile: unknown key; did you mean "title"? (line 2, column 20)`, `task.http.method: "GETT" is not one of`, `(line 5, column 7)`,
			`webhooks[0].event: unknown event "JOB_SUCESS"`, `(line 7, column 57)`,
			`webhooks[1].events[0].timeout: unknown key`, `(line 10, column 31)`, `id: is given twice (line 11, column 3)`}},
		"what is missing": {`id: a
task:
  http:
    method: GET
`, []string{`task.http.url: required`, `(line 3, column 3)`}},
		"a list": {`- event: A
- event: A
  vars: 1
`, []string{`- [1]: vars: must be an object, not 1 (line 3, column 9)`}},
		"documents": {`---
event: A
---
- event: A
- event: A
  vars: 1
`,
			[]string{`- document 2[1]: vars: must be an object, not 1 (line 6, column 9)`}},
		"a JSON list": {
			`{"webhooks": [
{"id":"a","url":"https://example.com/","event":"A"},
{"id":"a","url":"x","event":"A"}]}`, []string{`- webhooks[1]: url: "x" must begin with`, `(line 3, column 17)`}},
		"broken JSON": {`{"id": "a",
 "jobs": [
  "b",
  ]
}
`,
			[]string{`no valid JSON: invalid character ']'`, `(line 4, column 3)`}},
		"JSON that ends": {"{\"id\": \"a\",\n \"jobs\": [\n", []string{`no valid JSON: it ends too early`, `(line 2, column 11)`}},
		"a warning": {`id: a
jobs: [b]
webhooks:
- id: w
  url: https://example.com/
  event: BEFORE_RELEASE
`,
			[]string{`warning: webhooks[0].event: BEFORE_RELEASE is never fired by a job`, `(line 6, column 10)`}},
	} {
		_, out, errors := execute(test.text, nil, "validate", "-")
		require.Empty(t, errors, name)
		for _, want := range test.want {
			require.Contains(t, out, want, name)
		}
	}
}

// JSON output has positions too, and so do the errors of commands that start a file.
func TestPositionsEverywhere(t *testing.T) {
	t.Parallel()
	const wrong = `id: a
steps:
- name: b
  do: {}
`
	_, out, _ := execute(wrong, nil, "validate", "-", "-o", "json")
	problem := object(t, out)["files"].([]any)[0].(map[string]any)["problems"].([]any)[0].(map[string]any)
	require.Equal(t, map[string]any{"path": "steps[0].do", "message": problem["message"], "line": 4.0, "column": 3.0}, problem)
	for _, args := range []string{"release run -", "webhook test - --event BEFORE_RELEASE"} {
		code, _, errors := execute(wrong, nil, strings.Fields(args)...)
		require.Equal(t, failure.ExitUsage, code)
		require.Contains(t, errors, "(line 4, column 3)", args)
	}
}
