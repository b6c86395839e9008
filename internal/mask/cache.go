package mask

import (
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const (
	// maximumMaskers bounds the cached maskers.
	maximumMaskers = 256
	// minimumHeld is the minimum length, in bytes, of a secret that is masked
	// in every text. A shorter one is masked only where it is named, because
	// elsewhere it would hide ordinary words, such as the "pass" of a result.
	minimumHeld = 6
)

// A Holder has secrets. A holder is immutable: when secrets change, there is a
// new holder.
type Holder interface{ Texts() []string }

// A Cache keeps recent maskers, because the deliveries of a webhook share a
// masker, and making one costs more than a signature. All maskers share the
// needles for the holder's secrets, which are rebuilt when the holder changes.
type Cache struct {
	always []string

	mutex  sync.Mutex
	holder Holder
	// common are the needles for the holder's secrets, and covered the secrets
	// they find.
	common  *Needles
	covered map[string]bool
	known   *simplelru.LRU[string, *Masker]
}

// NewCache returns a cache of maskers that hide the given texts in addition to
// a holder's secrets.
func NewCache(always ...string) *Cache { return &Cache{always: always} }

// Of returns a masker for the holder's secrets and some more texts.
func (c *Cache) Of(holder Holder, more []string) *Masker {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.known == nil || c.holder != holder {
		c.hold(holder)
	}
	var own []string
	for _, text := range more {
		if text != "" && !c.covered[text] {
			own = append(own, text)
		}
	}
	key := strings.Join(own, "\x00")
	if m, found := c.known.Get(key); found {
		return m
	}
	m := Of(c.common, NeedlesOf(own))
	c.known.Add(key, m)
	return m
}

// hold rebuilds the needles for the holder's secrets, and drops all maskers.
func (c *Cache) hold(holder Holder) {
	all := slices.DeleteFunc(slices.Clone(holder.Texts()), func(text string) bool { return len(text) < minimumHeld })
	all = append(all, c.always...)
	c.holder, c.common = holder, NeedlesOf(all)
	c.known, _ = simplelru.NewLRU[string, *Masker](maximumMaskers, nil) // fails only for a size below 1
	c.covered = make(map[string]bool, len(all))
	for _, text := range all {
		c.covered[text] = true
	}
}
