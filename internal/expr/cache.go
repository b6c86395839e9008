package expr

import (
	"container/list"
	"sync"
)

// What the cache of compiled expressions holds at most. An expression takes some 50 times the
// memory of its source.
const (
	cacheEntries = 1024
	cacheBytes   = 512 << 10
)

// compiled is the cache that all expressions of the process share.
var compiled = newCache(cacheEntries, cacheBytes)

type cacheKey struct {
	use    Use
	source string
}

// cache keeps what was used last, bounded in entries and in bytes of source.
type cache struct {
	entries, bytes int

	mu     sync.Mutex
	size   int
	byKey  map[cacheKey]*list.Element
	recent *list.List // of *Expression, the last used first
}

func newCache(entries, bytes int) *cache {
	return &cache{entries: entries, bytes: bytes, byKey: make(map[cacheKey]*list.Element), recent: list.New()}
}

func (c *cache) get(key cacheKey) (*Expression, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, found := c.byKey[key]
	if !found {
		return nil, false
	}
	c.recent.MoveToFront(element)
	return element.Value.(*Expression), true
}

func (c *cache) put(key cacheKey, e *Expression) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, found := c.byKey[key]; found {
		return
	}
	c.byKey[key] = c.recent.PushFront(e)
	c.size += len(key.source)
	for len(c.byKey) > c.entries || c.size > c.bytes {
		oldest := c.recent.Back()
		e := c.recent.Remove(oldest).(*Expression)
		delete(c.byKey, cacheKey{e.use, e.source})
		c.size -= len(e.source)
	}
}
