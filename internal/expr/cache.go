package expr

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// Bounds of each cache of compiled sources. A compiled source takes about 50 times the memory of
// its text.
const (
	cacheEntries = 1024
	cacheBytes   = 512 << 10
)

// Kept is the number of compiled expressions that are kept.
const Kept = cacheEntries

// The caches are shared by the whole process. Their values are immutable.
var (
	compiled          = newCache[expressionKey, *Expression](cacheEntries, cacheBytes)
	compiledTemplates = newCache[templateKey, *Template](cacheEntries, cacheBytes)
	compiledTrees     = newCache[string, *Tree](cacheEntries, cacheBytes)
	// refused keeps the errors of expressions that do not compile, which take as long to find. It
	// is separate so that they do not evict valid expressions.
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

// cache is an LRU cache bounded in entries and in bytes of source.
type cache[K comparable, V any] struct {
	mu     sync.Mutex
	recent *simplelru.LRU[K, held[V]]
	size   int // of all entries, in bytes
	bytes  int // the limit for size
}

// held is one entry, with the bytes of its source.
type held[V any] struct {
	value V
	bytes int
}

func newCache[K comparable, V any](entries, bytes int) *cache[K, V] {
	c := &cache[K, V]{bytes: bytes}
	recent, err := simplelru.NewLRU(entries, func(_ K, evicted held[V]) { c.size -= evicted.bytes })
	if err != nil {
		panic(err) // only a size below one is an error
	}
	c.recent = recent
	return c
}

// orCompile returns the value cached for a key, or compiles and caches it. It does not cache
// errors.
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
	kept, found := c.recent.Get(key)
	return kept.value, found
}

func (c *cache[K, V]) put(key K, value V, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.recent.Contains(key) {
		return
	}
	c.recent.Add(key, held[V]{value, bytes})
	for c.size += bytes; c.size > c.bytes; {
		c.recent.RemoveOldest()
	}
}
