package delivery

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/mask"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/secret"
)

// A call is one request that is ready to be sent, with the data needed to describe it.
type call struct {
	request outgoing
	// target names the method and the URL in errors, without secrets.
	target string
	// timeout limits the time from the connection to the end of the answer. spent is the part
	// of it that fetching an OAuth2 token took.
	timeout, spent time.Duration
	// secrets are the texts that masker hides.
	secrets []string
	masker  *mask.Masker
	// redaction says what records omit from the answer. It may be nil.
	redaction *redaction
	// retry says which statuses are retried. It may be nil.
	retry *latch.Retry
	// delivery is the webhook's request, and attempt counts its attempts. They are nil and 0
	// for a task. token reports that the call fetches an OAuth2 token.
	delivery *protocol.WebhookRequest
	attempt  int
	token    bool
	// transport sends the call; if nil, the sender's own does. grant fetches the OAuth2 token;
	// if nil, there is no token.
	transport *http.Transport
	grant     *grant
	// staleToken reports that the receiver rejected a token kept from an earlier attempt.
	staleToken bool
	// watch measures the attempt's times. now returns the current time.
	watch *stopwatch
	now   func() time.Time
}

// tell returns an error's text: the target and what happened, masked and of bounded length.
func (c *call) tell(what string) string {
	return excerpt.First(c.target+": "+c.masker.Text(cleanText(what)), maximumErrorBytes)
}

// cleanText returns valid UTF-8.
func cleanText(text string) string { return strings.ToValidUTF8(text, "\ufffd") }

// fail returns the error of a request that cannot be made. It keeps the cause only if its text
// cannot contain a secret.
func (c *call) fail(err error) *PermanentError {
	failed := permanentf("%s", c.tell(err.Error()))
	var missing *secret.MissingError
	var host *secret.HostError
	switch {
	case errors.As(err, &missing):
		failed.cause = missing
	case errors.As(err, &host):
		failed.cause = host
	}
	return failed
}
