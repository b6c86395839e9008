package api

import (
	"crypto/sha256"
	"sync"
	"time"
)

// maximumEnded bounds how many ended sessions are remembered.
const maximumEnded = 100_000

// endedSessions are the sessions of which somebody logged out at this process, until they would
// have expired. Every process accepts the signature of a session, and processes do not share this
// list: another process accepts an earlier copy of the cookie until it expires.
type endedSessions struct {
	mutex sync.Mutex
	until map[[sha256.Size]byte]time.Time
}

// add ends the session of a cookie.
func (e *endedSessions) add(cookie string, now time.Time) {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	if e.until == nil {
		e.until = map[[sha256.Size]byte]time.Time{}
	}
	if len(e.until) >= maximumEnded {
		for each, until := range e.until {
			if until.Before(now) {
				delete(e.until, each)
			}
		}
	}
	if len(e.until) < maximumEnded {
		e.until[sha256.Sum256([]byte(cookie))] = now.Add(SessionLife)
	}
}

// has reports whether the session of a cookie was ended.
func (e *endedSessions) has(cookie string) bool {
	e.mutex.Lock()
	defer e.mutex.Unlock()
	_, ended := e.until[sha256.Sum256([]byte(cookie))]
	return ended
}
