package delivery

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
)

// Contract, Task: the strings in url, headers and body are templates; the response has status,
// headers, body and data.
func TestTask(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, answering(http.StatusCreated, " [1, 2.50] ", map[string]string{"X-A": "b", "Set-Cookie": "c=d"}))
	sender := local(t, nil)
	task := latch.HTTPTask{Method: "PUT", URL: receiver.URL + "/${job.id}",
		Headers: map[string]string{"X-Job": "${job.id}"}, Body: []byte(`{"n":"${job.n}"}`)}
	vars := expr.Variables{"job": []byte(`{"id":"a b","n":1.50}`)}
	response, err := sender.Do(t.Context(), TaskRequest{Task: task, Variables: vars})
	require.NoError(t, err)
	got := receiver.last(t)
	require.Equal(t, "PUT /a%20b", got.Method+" "+got.RequestURI)
	require.Equal(t, `{"n":1.50}`, got.body)
	require.Equal(t, "application/json", got.Header.Get("Content-Type"))
	require.Equal(t, "a b", got.Header.Get("X-Job"))
	require.NotContains(t, got.Header, "Webhook-Id")
	require.Equal(t, 201, response.Status)
	require.Equal(t, " [1, 2.50] ", response.Body)
	require.Equal(t, " [1, 2.50] ", string(response.Data))
	require.Equal(t, "b", response.Headers["X-A"])
	require.NotContains(t, response.Headers, "Set-Cookie")

	for _, method := range []string{"", "GET", "HEAD", "DELETE", "PATCH"} {
		_, err = sender.Do(t.Context(), TaskRequest{Task: latch.HTTPTask{Method: method, URL: receiver.URL}})
		require.NoError(t, err)
		got = receiver.last(t)
		require.Equal(t, latch.WithDefaults(task).Method == "", got.Method == "")
		require.Empty(t, got.body)
		require.NotContains(t, got.Header, "Content-Type")
	}
	for contentType, want := range map[string]string{
		"application/xml": `<a b="x &amp; y"/>`, "application/x-www-form-urlencoded": `<a b="x+%26+y"/>`, "": ``,
	} {
		_, err = sender.Do(t.Context(),
			TaskRequest{Task: latch.HTTPTask{URL: receiver.URL, ContentType: contentType, Body: []byte(`"<a b=\"${vars.x}\"/>"`)},
				Variables: expr.Variables{"vars": []byte(`{"x":"x & y"}`)}})
		if want == "" {
			require.ErrorContains(t, err, "body could not be rendered", "a body is JSON unless it says otherwise")
			continue
		}
		require.NoError(t, err)
		require.Equal(t, want, receiver.last(t).body)
	}
}

// Contract, Task: only failures that Responses retries are retried; all others, and a false
// success, fail permanently.
func TestTaskSuccess(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status    int
		body      string
		success   string
		succeeds  bool
		retryable bool
		want      string
	}{
		{200, "", "", true, false, ""},
		{204, "", "", true, false, ""},
		{404, "", "", false, false, "404"},
		{302, "", "", false, false, "redirects are not followed"},
		{503, "", "", false, true, "503"},
		{200, `{"state":"ok"}`, "response.data.state == 'ok'", true, false, ""},
		{200, `{"state":"no"}`, "response.data.state == 'ok'", false, false, `its success, "response.data.state == 'ok'", is false`},
		{200, `<html>`, "response.data.state == 'ok'", false, false, "could not be decided"},
		{200, `<html>`, "response.body.contains('html') && response.headers['X-A'] == 'b'", true, false, ""},
		{404, "", "response.status == 404", true, false, ""},
		{302, "", "response.status == 302", true, false, ""},
		{503, "", "response.status == 503", true, false, ""},
		{503, "", "response.status == 200", false, true, "503"},
		{503, "", "response.data.state == 'ok'", false, true, "503"},
		{400, "", "response.status == 200", false, false, "answered 400 Bad Request"},
		{200, "", "vars.ok", true, false, ""},
		{200, "", "1 +", false, false, "could not be decided"},
		{200, `{"a":"` + strings.Repeat("x", MaximumResponseBytes) + `"}`, "true", false, false, "more than 64 KiB"},
		{200, strings.Repeat("x", 2*MaximumResponseBytes), "size(response.body) == 65536 && response.data == null", true, false, ""},
	} {
		receiver := newReceiver(t, answering(test.status, test.body, map[string]string{"X-A": "b"}))
		response, err := local(t, nil).
			Do(t.Context(), TaskRequest{Task: latch.HTTPTask{URL: receiver.URL, Success: test.success},
				Variables: expr.Variables{"vars": []byte(`{"ok":true}`)}})
		require.Equal(t, test.status, response.Status)
		if test.succeeds {
			require.NoError(t, err, "%+v", test)
			continue
		}
		require.ErrorContains(t, err, test.want, "%+v", test)
		require.Equal(t, test.retryable, Retryable(err), "%+v", test)
	}
}

// HTTP tasks use the same guard and limits.
func TestTaskCannotBeSent(t *testing.T) {
	t.Parallel()
	sender := newSender(t, Options{})
	for want, task := range map[string]latch.HTTPTask{
		"LATCH_EGRESS_ALLOW":       {URL: "http://127.0.0.1:1/"},
		"http task: its url could": {URL: "http://host/${job.nothing}"},
		"http task: its url canno": {URL: "${'ftp://x'}"},
		"X-A":                      {URL: "http://host/", Headers: map[string]string{"X-A": `${"\n"}`}},
		"limit of 64 KiB":          {URL: "http://host/", Headers: map[string]string{"X-A": strings.Repeat("x", maximumHeaderBytes)}},
		"body could not":           {URL: "http://host/", Body: []byte(`"${"`)},
		"Content-Type":             {URL: "http://host/", ContentType: "a\nb", Body: []byte(`"x"`)},
		"limit of 640 KiB": {URL: "http://host/", ContentType: "application/x-www-form-urlencoded",
			Body: []byte(`{"a":"` + strings.Repeat("<", 240<<10) + `"}`)},
	} {
		response, err := sender.Do(t.Context(), TaskRequest{Task: task})
		require.Nil(t, response)
		var permanent *PermanentError
		require.ErrorAs(t, err, &permanent)
		require.ErrorContains(t, err, want)
	}
}
