package expr

import (
	"container/list"
	"sync"
)

// What each cache of compiled sources holds at most. A compiled source takes some 50 times the
// memory of its text.
const (
	cacheEntries = 1024
	cacheBytes   = 512 << 10
)

// Kept is how many compiled expressions are kept.
const Kept = cacheEntries

// The caches that the whole process shares. What they hold is never changed.
var (
	compiled          = newCache[expressionKey, *Expression](cacheEntries, cacheBytes)
	compiledTemplates = newCache[templateKey, *Template](cacheEntries, cacheBytes)
	compiledTrees     = newCache[string, *Tree](cacheEntries, cacheBytes)
	// refused keeps what does not compile, which takes as long to find out. It is apart, so that
	// it puts nothing out that does.
	refused = newCache[expressionKey, *CompileError](cacheEntries/8, cacheBytes/4)
)

type expressionKey struct {
	use    Use
	source string
}

type templateKey struct {
	place  Place
	source string
}

// cache keeps what was used last, bounded in entries and in bytes of source.
type cache[K comparable, V any] struct {
	entries, bytes int

	mu     sync.Mutex
	size   int
	byKey  map[K]*list.Element
	recent *list.List // of held[K, V], the last used first
}

// held is one entry, with the bytes of its source.
type held[K comparable, V any] struct {
	key   K
	value V
	bytes int
}

func newCache[K comparable, V any](entries, bytes int) *cache[K, V] {
	return &cache[K, V]{entries: entries, bytes: bytes, byKey: make(map[K]*list.Element), recent: list.New()}
}

// orCompile gives what is kept for a key, or compiles and keeps it. What does not compile is not
// kept.
func (c *cache[K, V]) orCompile(key K, bytes int, compile func() (V, error)) (V, error) {
	if value, found := c.get(key); found {
		return value, nil
	}
	value, err := compile()
	if err == nil {
		c.put(key, value, bytes)
	}
	return value, err
}

func (c *cache[K, V]) get(key K) (value V, found bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	element, found := c.byKey[key]
	if !found {
		return value, false
	}
	c.recent.MoveToFront(element)
	return element.Value.(held[K, V]).value, true
}

func (c *cache[K, V]) put(key K, value V, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, found := c.byKey[key]; found {
		return
	}
	c.byKey[key] = c.recent.PushFront(held[K, V]{key, value, bytes})
	c.size += bytes
	for len(c.byKey) > c.entries || c.size > c.bytes {
		oldest := c.recent.Remove(c.recent.Back()).(held[K, V])
		delete(c.byKey, oldest.key)
		c.size -= oldest.bytes
	}
}
