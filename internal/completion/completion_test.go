package completion

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

func callbacksOf(namespace, secret string, log *bytes.Buffer) *Callbacks {
	c := New("https://latch.internal/api/", namespace, []byte(secret), slog.New(slog.NewTextHandler(log, nil)))
	c.now = func() time.Time { return noon }
	return c
}

// linkOf is the header that Temporal's server sends.
func linkOf(namespace, workflowID, runID string) string {
	return "<temporal:///namespaces/" + namespace + "/workflows/" + workflowID + "/" + runID +
		`/history?eventID=1&eventType=WorkflowExecutionStarted&referenceType=EventReference>; type="temporal.api.common.v1.Link.WorkflowEvent"`
}

func headerOf(token string, links ...string) http.Header {
	header := http.Header{"Nexus-Link": links}
	header.Set(TokenHeader, token)
	return header
}

// What the server sends back is read by any process with the same secret.
func TestACallbackIsReadBack(t *testing.T) {
	t.Parallel()
	made := callbacksOf("shop", "secret", nil).For("job-ä/1")
	require.Len(t, made, 1)
	require.Equal(t, "https://latch.internal/api/latch/v1/completions", made[0].GetNexus().GetUrl())
	token := made[0].GetNexus().GetHeader()[TokenHeader]
	other := `<https://example.com/a>; type="other"`
	for _, links := range [][]string{
		{linkOf("shop", "job-%C3%A4%2F1", "run-1")},
		{other, linkOf("shop", "job-%C3%A4%2F1", "run-1")},
		{other + ", " + linkOf("shop", "job-%C3%A4%2F1", "run-1")},
	} {
		closed, err := callbacksOf("shop", "secret", nil).Read(headerOf(token, links...))
		require.NoError(t, err, links)
		require.Equal(t, Close{"job-ä/1", "run-1"}, closed)
	}
}

// A token counts for one workflow of one namespace, for a year, and only if the secret made it.
func TestForgedCallbacks(t *testing.T) {
	t.Parallel()
	token := callbacksOf("shop", "secret", nil).Probe("a").GetNexus().GetHeader()[TokenHeader]
	late := callbacksOf("shop", "secret", nil)
	late.now = func() time.Time { return noon.Add(validFor) }
	for name, test := range map[string]struct {
		by     *Callbacks
		header http.Header
		says   string
	}{
		"another secret":      {callbacksOf("shop", "other", nil), headerOf(token, linkOf("shop", "a", "r")), ErrForged.Error()},
		"another namespace":   {callbacksOf("shop", "secret", nil), headerOf(token, linkOf("bank", "a", "r")), ErrForged.Error()},
		"of another":          {callbacksOf("bank", "secret", nil), headerOf(token, linkOf("bank", "a", "r")), ErrForged.Error()},
		"another workflow":    {callbacksOf("shop", "secret", nil), headerOf(token, linkOf("shop", "b", "r")), ErrForged.Error()},
		"no token":            {callbacksOf("shop", "secret", nil), headerOf("", linkOf("shop", "a", "r")), ErrForged.Error()},
		"too late":            {late, headerOf(token, linkOf("shop", "a", "r")), ErrForged.Error()},
		"no link":             {callbacksOf("shop", "secret", nil), headerOf(token), "Nexus-Link: required"},
		"a link of otherwise": {callbacksOf("shop", "secret", nil), headerOf(token, `<https://example.com/>; type="x"`), "Nexus-Link: required"},
		"no link at all":      {callbacksOf("shop", "secret", nil), headerOf(token, "nonsense"), "Nexus-Link: required"},
		"to nothing": {callbacksOf("shop", "secret", nil),
			headerOf(token, `<temporal:///a>; type="temporal.api.common.v1.Link.WorkflowEvent"`), "Nexus-Link: "},
	} {
		_, err := test.by.Read(test.header)
		require.ErrorContains(t, err, test.says, name)
	}
}

// A server that refuses callbacks is asked again after a while. The log has one warning, until the
// server takes them.
func TestAServerThatRefusesCallbacks(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	c := callbacksOf("shop", "secret", &log)
	now := noon
	c.now = func() time.Time { return now }
	for range 3 {
		require.NotEmpty(t, c.For("a"))
		c.Answered(errors.New("does not match any configured callback address"))
		require.Empty(t, c.For("a"))
		now = now.Add(refusedFor)
	}
	require.Equal(t, 1, strings.Count(log.String(), "\n"), log.String())
	require.Contains(t, log.String(), "callback.allowedAddresses")
	require.NotEmpty(t, c.For("a"))
	c.Answered(nil)
	c.Answered(nil)
	require.NotEmpty(t, c.For("a"))
	require.Equal(t, 2, strings.Count(log.String(), "\n"), log.String())
}

func TestCheckAddress(t *testing.T) {
	t.Parallel()
	for _, right := range []string{"http://127.0.0.1:7127", "https://latch.internal/api/", "http://[::1]:7127"} {
		require.NoError(t, CheckAddress(right))
	}
	for wrong, says := range map[string]string{
		"latch.internal:7127":                              "is not an http or https URL",
		"/latch":                                           "is not an http or https URL",
		"ftp://latch.internal":                             "is not an http or https URL",
		"https://ann:hunter2@latch.internal":               "credentials, a query or a fragment",
		"https://latch.internal/?token=hunter2":            "credentials, a query or a fragment",
		"https://latch.internal/#a":                        "credentials, a query or a fragment",
		"https://latch.internal/?":                         "credentials, a query or a fragment",
		"https://a/" + strings.Repeat("x", maximumAddress): "the limit is 900",
	} {
		err := CheckAddress(wrong)
		require.ErrorContains(t, err, says, wrong)
		require.NotContains(t, err.Error(), "hunter2")
	}
}
