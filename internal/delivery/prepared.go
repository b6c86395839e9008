package delivery

import (
	"context"
	"fmt"
	"net/http/httputil"
	"strings"
	"time"

	"github.com/latch-run/latch/internal/mask"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/urlmask"
)

// A Prepared attempt is ready to be sent: its request is written and signed, but nothing has
// been sent.
type Prepared struct {
	sender *Sender
	call   *call
	made   *Attempt
}

// Prepare prepares an attempt (1 and up) at a delivery, which must not change until it is sent.
// Its error is a [*PermanentError]. The attempt shows how much of the request could be written.
func (s *Sender) Prepare(r *protocol.WebhookRequest, attempt int) (*Prepared, *Attempt, error) {
	call, made, err := s.begin(context.Background(), r, attempt)
	if err != nil {
		return nil, made, err
	}
	return &Prepared{sender: s, call: call, made: made}, made, nil
}

// Send sends the attempt. It may be called once, and returns what [Sender.Send] returns.
func (p *Prepared) Send(ctx context.Context) (*Attempt, error) { return p.send(ctx, 0) }

// send sends the attempt after waiting for a place at its endpoint, as described at
// [endpoints.enter].
func (p *Prepared) send(ctx context.Context, patience time.Duration) (*Attempt, error) {
	place, err := p.sender.endpoints.enter(ctx, originOf(p.call.request.url), patience)
	p.made.StartedAt = p.call.now()
	if err != nil {
		p.made.CompletedAt = p.made.StartedAt
		return p.made, err
	}
	if err := p.sender.keepPace(p.call); err != nil {
		place.leave(errNotCalled)
		p.made.CompletedAt = p.call.now()
		return p.made, err
	}
	began := time.Now()
	made, err := p.sender.deliver(ctx, p.call, p.made)
	if p.call.watch == nil {
		place.leave(errNotCalled)
	} else {
		place.leave(err)
		p.sender.durations.notice(timedPathOf(p.call), time.Since(began))
	}
	return made, err
}

// Wire returns the request as HTTP/1.1 writes it: request line, headers and body. HTTP/2 frames
// the same content differently. The OAuth2 token, which is only fetched when the attempt is
// sent, is shown as ***, and so is every secret unless secrets are to be shown.
func (p *Prepared) Wire(showSecrets bool) ([]byte, error) {
	request := p.call.request.request(context.Background())
	if p.call.grant != nil {
		request.Header = request.Header.Clone()
		request.Header.Set("Authorization", "Bearer "+mask.Hidden)
	}
	wire, err := httputil.DumpRequestOut(request, true)
	if err != nil {
		return nil, fmt.Errorf("%s: %s", p.call.target, p.call.masker.Text(err.Error()))
	}
	if showSecrets {
		return wire, nil
	}
	line, rest, _ := strings.Cut(string(wire), "\r\n")
	return []byte(p.call.masker.Text(urlmask.RequestLine(line) + "\r\n" + rest)), nil
}

// Header returns a header of the request.
func (p *Prepared) Header(name string) string { return p.call.request.header.Get(name) }

// TokenURL returns the URL that the attempt's OAuth2 token comes from, or "" if it needs no
// token.
func (p *Prepared) TokenURL() string {
	if p.call.grant == nil {
		return ""
	}
	return urlmask.URL(p.call.grant.fetch.request.url.String())
}
