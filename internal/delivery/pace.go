package delivery

import (
	"net/http"
	"sync"
	"time"

	"github.com/latch-run/latch"
)

// A pace is how often a chat takes messages at one webhook: burst at once, and
// one more with each interval that has gone by.
type pace struct {
	interval time.Duration
	burst    int
}

// presetPaces are the documented ones, by preset. Slack takes one message a
// second and "short bursts" ("Rate limits"), Teams four requests a second
// ("Create Incoming Webhooks"). Discord wants none assumed: it tells with each
// answer ("Rate Limits").
var presetPaces = map[string]pace{
	latch.PresetSlack:   {time.Second, 4},
	latch.PresetDiscord: {},
	latch.PresetTeams:   {250 * time.Millisecond, 4},
}

// maximumPaced bounds how many webhooks' paces are kept.
const maximumPaced = 10_000

// paced keeps, for each webhook of a chat by its URL, when its bucket of
// messages is full again. A worker keeps it for itself: together workers may
// go beyond a pace, and the chat's 429 then tells when to come again.
type paced struct {
	mutex sync.Mutex
	known map[string]time.Time
}

// take takes a message from the bucket; where there is none, it tells how long
// to wait for one.
func (p *paced) take(of pace, url string, now time.Time) (wait time.Duration) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	full := p.known[url]
	if full.Before(now) {
		full = now
	}
	full = full.Add(of.interval)
	if wait = full.Sub(now) - time.Duration(max(of.burst, 1))*of.interval; wait > 0 {
		return wait
	}
	p.keep(url, full, now)
	return 0
}

// rest has a webhook left alone for a while.
func (p *paced) rest(of pace, url string, now time.Time, rest time.Duration) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	full := now.Add(rest + time.Duration(max(of.burst-1, 0))*of.interval)
	if full.After(p.known[url]) {
		p.keep(url, full, now)
	}
}

func (p *paced) keep(url string, full, now time.Time) {
	if len(p.known) >= maximumPaced {
		p.makeRoom(now)
	}
	if p.known == nil {
		p.known = map[string]time.Time{}
	}
	p.known[url] = full
}

// makeRoom forgets those that are full, and all where that is not enough.
func (p *paced) makeRoom(now time.Time) {
	for url, full := range p.known {
		if !full.After(now) {
			delete(p.known, url)
		}
	}
	if len(p.known) >= maximumPaced {
		clear(p.known)
	}
}

// keepPace tells whether the chat takes a message now; if not, it is a
// BusyError.
func (s *Sender) keepPace(c *call) error {
	of, has := presetPaces[c.delivery.Webhook.Preset]
	if !has {
		return nil
	}
	if wait := s.paced.take(of, c.request.url.String(), c.now()); wait > 0 {
		return &BusyError{Endpoint: c.request.url.Scheme + "://" + c.request.url.Host, Wait: max(wait, shortestTurn), Paced: true}
	}
	return nil
}

// noticePace reads from an answer that the chat takes no more for a while:
// Discord says so with its last one (X-RateLimit-Remaining: 0).
func (s *Sender) noticePace(c *call, header http.Header) {
	if c.delivery.Webhook.Preset == latch.PresetDiscord && header.Get("X-RateLimit-Remaining") == "0" {
		rest, _ := parseSeconds(header.Get("X-RateLimit-Reset-After"))
		s.paced.rest(presetPaces[latch.PresetDiscord], c.request.url.String(), c.now(), rest)
	}
}
