package delivery

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Contract, Retry: on and not_on say which statuses are retried and override the defaults, for
// webhooks and http tasks alike.
func TestRetryOnAndNotOn(t *testing.T) {
	t.Parallel()
	type list = []latch.StatusCode
	const delivered, retried, final = "delivered", "retried", "final"
	for _, test := range []struct {
		name      string
		on, notOn list
		status    int
		headers   map[string]string
		success   string
		fate      string
	}{
		{"by default", nil, nil, 404, nil, "", final},
		{"a poll until it is there", list{404}, nil, 404, nil, "", retried},
		{"there at last", list{404}, nil, 200, nil, "", delivered},
		{"another status", list{404}, nil, 403, nil, "", final},
		{"a class", list{4}, nil, 409, nil, "", retried},
		{"one that will never go", nil, list{501}, 501, nil, "", final},
		{"one that may go", nil, list{501}, 503, nil, "", retried},
		{"a class that will never go", nil, list{5}, 503, nil, "", final},
		{"all of a class but one", list{503}, list{5}, 503, nil, "", retried},
		{"only one of a class", list{4}, list{403}, 403, nil, "", final},
		{"Retry-After where it is asked for", list{409}, nil, 409, map[string]string{"Retry-After": "3"}, "", retried},
		{"never, whatever it asks for", nil, list{403, 429}, 429, map[string]string{"Retry-After": "3"}, "", final},
		{"never, though a 403 invites", nil, list{403, 429}, 403, map[string]string{"Retry-After": "3"}, "", final},
		{"a redirect", list{302}, nil, 302, map[string]string{"Location": "/login"}, "", retried},
		{"an endpoint that comes back", list{410}, nil, 410, nil, "", retried},
		{"accepted, not done", list{202}, nil, 202, nil, "", retried},
		{"accepted and done", list{202}, nil, 202, nil, "response.data == null", delivered},
		{"a poll of what is said", list{200}, nil, 200, nil, "response.data != null", retried},
		{"success beside another status", list{404}, nil, 200, nil, "response.data != null", final},
		{"success of a status that is never tried again", nil, list{503}, 503, nil, "response.status == 503", delivered},
		{"no success of one", nil, list{503}, 503, nil, "false", final},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			receiver := newReceiver(t, answering(test.status, "", test.headers))
			retry := &latch.Retry{On: test.on, NotOn: test.notOn}
			r := request(receiver.URL)
			r.Webhook.Retry, r.Webhook.Success = retry, test.success
			_, sent := local(t, nil).Send(t.Context(), r, 1)
			_, done := local(t, nil).Do(t.Context(), TaskRequest{Task: latch.HTTPTask{URL: receiver.URL, Retry: retry, Success: test.success}})
			for _, err := range []error{sent, done} {
				require.Equal(t, test.fate == delivered, err == nil, err)
				require.Equal(t, test.fate == retried, Retryable(err), err)
				require.False(t, isGone(err))
				_, asked := RetryAfter(err)
				require.Equal(t, test.fate == retried && test.headers["Retry-After"] != "", asked)
			}
		})
	}
}

// A status that is never retried is not retried either if its body broke off.
func TestNotOnOfABrokenAnswer(t *testing.T) {
	t.Parallel()
	receiver := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		if connection, _, err := http.NewResponseController(w).Hijack(); err == nil {
			_, _ = io.WriteString(connection, "HTTP/1.1 503 Busy\r\nContent-Length: 100\r\n\r\nno")
			_ = connection.Close()
		}
	})
	task := latch.HTTPTask{URL: receiver.URL, Retry: &latch.Retry{NotOn: []latch.StatusCode{503}}, Success: "true"}
	_, err := local(t, nil).Do(t.Context(), TaskRequest{Task: task})
	require.ErrorContains(t, err, "answered 503")
	require.False(t, Retryable(err))
}

// retry applies to the receiver's statuses, not to those of a token endpoint.
func TestRetryOnIsNotAboutTokens(t *testing.T) {
	t.Parallel()
	issuer, receiver := newReceiver(t, answering(404, "", nil)), newReceiver(t, nil)
	r := request(receiver.URL)
	r.Webhook.Retry = &latch.Retry{On: []latch.StatusCode{404}}
	r.Webhook.Auth = &latch.Auth{OAuth2: &latch.OAuth2{TokenURL: issuer.URL, ClientID: "latch", ClientSecret: "client"}}
	_, err := local(t, map[string]string{"client": "hush-hush"}).Send(t.Context(), r, 1)
	require.ErrorContains(t, err, "answered 404")
	require.False(t, Retryable(err))
}
