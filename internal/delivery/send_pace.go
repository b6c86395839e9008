package delivery

import (
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"

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
// ("Create Incoming Webhooks"). Discord asks not to assume any: each answer
// states it ("Rate Limits").
var presetPaces = map[string]pace{
	latch.PresetSlack:   {time.Second, 4},
	latch.PresetDiscord: {},
	latch.PresetTeams:   {250 * time.Millisecond, 4},
}

// maximumPaced bounds how many webhooks' paces are kept.
const maximumPaced = 10_000

// paced keeps the pace of each webhook of a chat, by its URL. A worker keeps it
// for itself: together workers may go beyond a pace, and the chat's 429 then says
// when to come again.
type paced struct {
	mutex sync.Mutex
	known *simplelru.LRU[string, *pacing]
}

// A pacing is where one webhook stands.
type pacing struct {
	messages *rate.Limiter
	// restsUntil is until when the chat takes no message.
	restsUntil time.Time
}

func newPaced() *paced {
	known, _ := simplelru.NewLRU[string, *pacing](maximumPaced, nil) // fails only for a size below 1
	return &paced{known: known}
}

// take takes a message from the webhook's pace. Where the chat takes none now,
// it returns how long to wait, and takes nothing.
func (p *paced) take(of pace, url string, now time.Time) (wait time.Duration) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	at := p.at(of, url)
	if wait = at.restsUntil.Sub(now); wait > 0 {
		return wait
	}
	taken := at.messages.ReserveN(now, 1)
	if wait = taken.DelayFrom(now); wait > 0 {
		taken.CancelAt(now)
	}
	return wait
}

// rest has a webhook left alone for a while.
func (p *paced) rest(of pace, url string, now time.Time, rest time.Duration) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if at := p.at(of, url); now.Add(rest).After(at.restsUntil) {
		at.restsUntil = now.Add(rest)
	}
}

// at returns the webhook's pacing. Its callers hold the mutex.
func (p *paced) at(of pace, url string) *pacing {
	if at, found := p.known.Get(url); found {
		return at
	}
	at := &pacing{messages: rate.NewLimiter(rate.Every(of.interval), max(of.burst, 1))}
	p.known.Add(url, at)
	return at
}

// keepPace returns a [BusyError] where the chat takes no message now.
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
