package cli

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/signature"
)

// webhook verify reads the output of webhook test: from a terminal or not, as text or as JSON,
// with an answer after it, and with a key that is sent but shown as ***.
func TestVerifyReadsWhatTestPrints(t *testing.T) {
	t.Parallel()
	private, public := signature.NewPair()
	symmetric := signature.NewSymmetric()
	server := newHookServer(t, 200, "thanks\n***\n")
	for name, test := range map[string]struct{ secret, key, rest string }{
		"a key that only signs":    {symmetric, symmetric, ""},
		"a pair":                   {private, public, ""},
		"a text that goes out":     {"mdoq-is-awesome", "mdoq-is-awesome", ""},
		"a text that JSON escapes": {`mdoq "is" <awesome>&`, `mdoq "is" <awesome>&`, ""},
		"a text in a form": {"mdoq is & awesome", "mdoq is & awesome",
			`,"content_type":"application/x-www-form-urlencoded","body":"a=${job.id}"`},
		"beside stars of the body's": {"mdoq-is-awesome", "mdoq-is-awesome", `,"body":{"note":"a *** b"}`},
		"lines in the body":          {symmetric, symmetric, `,"content_type":"text/plain","body":"one\ntwo\n"`},
		"CR LF in the body":          {symmetric, symmetric, `,"content_type":"text/plain","body":"one\r\ntwo"`},
		"an empty body":              {symmetric, symmetric, `,"method":"GET"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := write(t, "webhook.json", `{"id":"w","url":"`+server.URL+`/hook","event":"JOB_SUCCESS","secret":"board"`+test.rest+`}`)
			key := write(t, "key", "another-key-of-old\n"+test.key+"\n")
			for _, args := range []string{"", "--send", "--show-secrets", "-o json", "-o json --send"} {
				for _, terminal := range []bool{false, true} {
					c := newCommand("", nil)
					c.environ = []string{"LATCH_EGRESS_ALLOW=127.0.0.1", "LATCH_SECRET_BOARD=" + test.secret}
					c.out.Terminal = terminal
					code := c.start(append([]string{"webhook", "test", file, "--event", "JOB_SUCCESS"}, strings.Fields(args)...)...)
					require.Equal(t, failure.ExitOK, code, c.stderr.String())
					printed := c.stdout.String()
					if !strings.Contains(args, "json") {
						printed = c.stderr.String() + printed // in the order in which a terminal shows them
					}
					for _, captured := range []string{printed, strings.ReplaceAll(strings.ReplaceAll(printed, "\r\n", "\n"), "\n", "\r\n")} {
						code, out, errors := execute(captured, nil, "webhook", "verify", "-", "--secret-file", key)
						require.Equal(t, failure.ExitOK, code, args+"\n"+captured+"\n"+out+errors)
						require.Contains(t, out, "in line 2")
					}
				}
			}
		})
	}
}

// A missing key is not guessed: the error says what *** stands for.
func TestVerifyTellsOfHiddenValues(t *testing.T) {
	t.Parallel()
	c := newCommand(`{"id":"w","url":"https://example.com/","event":"JOB_SUCCESS","secret":"board"}`, nil)
	c.environ = []string{"LATCH_SECRET_BOARD=mdoq-is-awesome"}
	require.Equal(t, failure.ExitOK, c.start("webhook", "test", "-", "--event", "JOB_SUCCESS"))
	code, out, errors := execute(c.stdout.String(), nil, "webhook", "verify", "-", "--secret-file", write(t, "key", "another-key-of-old"))
	require.NotEqual(t, failure.ExitOK, code)
	require.Contains(t, out+errors, "it has *** where a value was hidden: webhook test --show-secrets prints the value")
	require.NotContains(t, out+errors, "another-key-of-old")
}

// Captures of other tools: the output of curl -v, .http files, headers alone.
func TestVerifyReadsCapturesOfOtherTools(t *testing.T) {
	t.Parallel()
	const body = `{"event":"JOB_SUCCESS"}`
	at := time.Date(2026, 7, 1, 12, 30, 0, 0, time.UTC)
	secret := signature.NewSymmetric()
	raw := strings.ReplaceAll(signed(t, secret, body, at), "\r\n", "\n")
	head, _, _ := strings.Cut(raw, "\n\n")
	_, headers, _ := strings.Cut(head, "\n")
	headers = strings.Replace(headers, "Content-Length: 23\n", "", 1)
	key, sent := write(t, "key", secret), write(t, "body.json", body)
	curl := "*   Trying 127.0.0.1:8080...\n* Connected to localhost\n> " + strings.ReplaceAll(head, "\n", "\n> ") +
		"\n> \n* upload completely sent off\n< HTTP/1.1 200 OK\n< Content-Length: 2\n< \n{ [2 bytes data]\nok"
	wire, err := json.Marshal(map[string]string{"wire": raw})
	require.NoError(t, err)
	for name, test := range map[string]struct {
		capture string
		body    bool
		code    int
	}{
		"curl -v":                   {curl, true, failure.ExitOK},
		"curl -v, CR LF":            {strings.ReplaceAll(curl, "\n", "\r\n"), true, failure.ExitOK},
		"curl -v over HTTP/2":       {strings.Replace(curl, "HTTP/1.1\n> Host", "HTTP/2\n> Host", 1), true, failure.ExitOK},
		"curl -v without the body":  {curl, false, failure.ExitUsage},
		"a request and its body":    {raw, true, failure.ExitOK},
		"headers alone, and a body": {headers, true, failure.ExitOK},
		"headers, then the body":    {headers + "\n\n" + body + "\n", false, failure.ExitOK},
		"a .http file": {
			"### a test\n# of the board\n@host = example.com\nPOST " +
				"https://example.com/hook\n// who\n" + headers + "\n\n" + body + "\n\n### next\nGET https://example.com/\n", false, failure.ExitOK},
		"a .http file, versioned": {"###\nPOST https://example.com/hook HTTP/1.1\n" + headers + "\n\n" + body + "\n", false, failure.ExitOK},
		"JSON":                    {string(wire), false, failure.ExitOK},
		"JSON of something else":  {`{"a":1}`, false, failure.ExitUsage},
		"blank lines before it":   {"\n\n" + raw, false, failure.ExitOK},
		"nothing of a request":    {"hello\nworld\n", false, failure.ExitUsage},
	} {
		args := []string{"webhook", "verify", "-", "--secret-file", key, "--at", "2026-07-01T12:30:00Z"}
		if test.body {
			args = append(args, "--body", sent)
		}
		code, out, errors := execute(test.capture, nil, args...)
		require.Equal(t, test.code, code, name+": "+out+errors)
	}
}
