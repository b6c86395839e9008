package chat

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/latch-run/latch/internal/slack"
)

// maximumSeen bounds the signatures that are remembered.
const maximumSeen = 10_000

// A memory holds the signatures of requests that were taken, for as long as they could be taken
// again. Each process of the API has its own. What it forgets, and what another process has
// taken, changes nothing all the same: a vote is as old as its request, and the run takes none
// that is older than what it has.
type memory struct {
	mutex sync.Mutex
	taken *simplelru.LRU[string, time.Time]
}

func newMemory() *memory {
	taken, err := simplelru.NewLRU[string, time.Time](maximumSeen, nil)
	if err != nil {
		panic("chat: the bound is positive") // an error in this file
	}
	return &memory{taken: taken}
}

// add remembers a signature. It returns false if it was taken before.
func (m *memory) add(signature string, now time.Time) bool {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	// A timestamp may be ahead of now by the tolerance, and counts as long after that.
	if at, before := m.taken.Peek(signature); before && now.Sub(at) <= 2*slack.Tolerance {
		return false
	}
	m.taken.Add(signature, now)
	return true
}
