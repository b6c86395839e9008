package delivery

import (
	"net/http"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"

	"github.com/latch-run/latch"
)

// A pace says how often a chat accepts messages at one webhook: burst at once, and one more
// after each interval.
type pace struct {
	interval time.Duration
	burst    int
}

// presetPaces are the documented paces, by preset. Slack accepts one message a second and
// "short bursts" ("Rate limits"), Teams four requests a second ("Create Incoming Webhooks").
// Discord asks clients not to assume a pace: each answer states it ("Rate Limits").
var presetPaces = map[string]pace{
	latch.PresetSlack:   {time.Second, 4},
	latch.PresetDiscord: {},
	latch.PresetTeams:   {250 * time.Millisecond, 4},
}

// maximumPaced bounds for how many webhooks a pace is kept.
const maximumPaced = 10_000

// paced keeps the pace of each webhook of a chat, by its URL. Each worker does so on its own:
// several workers together may exceed a pace, and the chat's 429 then says when to try again.
type paced struct {
	mutex sync.Mutex
	known *simplelru.LRU[string, *pacing]
}

// A pacing is the state of one webhook.
type pacing struct {
	messages *rate.Limiter
	// restsUntil is the time until which the chat accepts no message.
	restsUntil time.Time
}

func newPaced() *paced {
	known, _ := simplelru.NewLRU[string, *pacing](maximumPaced, nil) // fails only for a size below 1
	return &paced{known: known}
}

// take takes a message from the webhook's pace. If the chat accepts none now, it takes nothing
// and returns how long to wait.
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

// rest blocks a webhook for a while.
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

// keepPace returns a [BusyError] if the chat accepts no message now.
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

// noticePace blocks the webhook if an answer says that the chat accepts no more messages for a
// while. Discord's last accepted answer says so (X-RateLimit-Remaining: 0).
func (s *Sender) noticePace(c *call, header http.Header) {
	if c.delivery.Webhook.Preset == latch.PresetDiscord && header.Get("X-RateLimit-Remaining") == "0" {
		rest, _ := parseSeconds(header.Get("X-RateLimit-Reset-After"))
		s.paced.rest(presetPaces[latch.PresetDiscord], c.request.url.String(), c.now(), rest)
	}
}
