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

// A call is one request that is ready to be sent, and what is needed to describe
// it.
type call struct {
	request outgoing
	// target names method and URL in errors, secrets left out.
	target string
	// timeout limits the time from the connection to the end of the answer; spent
	// is the part of it that getting an OAuth2 token took.
	timeout, spent time.Duration
	// secrets are the texts that masker hides.
	secrets []string
	masker  *mask.Masker
	// redaction is what records leave out of the answer; nil for nothing.
	redaction *redaction
	// retry says of statuses whether they are tried again; nil says nothing.
	retry *latch.Retry
	// delivery is the webhook's request that is sent, and attempt counts its
	// attempts; nil and 0 for a task's. token says that an OAuth2 token is asked
	// for.
	delivery *protocol.WebhookRequest
	attempt  int
	token    bool
	// transport sends it, nil for the sender's own; grant gets its OAuth2
	// token, nil for none.
	transport *http.Transport
	grant     *grant
	// staleToken reports that the receiver refused a token that had been kept
	// from an earlier attempt.
	staleToken bool
	// watch takes the attempt's times; now is the time.
	watch *stopwatch
	now   func() time.Time
}

// tell returns an error's text: what was called and what happened, masked and
// of bounded length.
func (c *call) tell(what string) string {
	return excerpt.First(c.target+": "+c.masker.Text(cleanText(what)), maximumErrorBytes)
}

// cleanText returns valid UTF-8.
func cleanText(text string) string { return strings.ToValidUTF8(text, "\ufffd") }

// fail makes the error of a request that cannot be made. Its cause is kept
// where the text of it is known to have no secret.
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
