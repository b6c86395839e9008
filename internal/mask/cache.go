package mask

import (
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

const (
	// maximumMaskers bounds how many maskers are kept.
	maximumMaskers = 256
	// minimumHeld is the least length, in bytes, of what is masked in every
	// text. A shorter secret is masked where it is named: elsewhere it would
	// hide what is no secret, such as the "pass" of a result.
	minimumHeld = 6
)

// A Holder has secrets. A holder never changes: other secrets are another
// holder's.
type Holder interface{ Texts() []string }

// A Cache keeps the maskers of late, since the deliveries of a webhook share
// theirs and making one costs more than a signature. All of them share what is
// looked for of all that is held, which is made anew when the holder changes.
type Cache struct {
	always []string

	mutex  sync.Mutex
	holder Holder
	// common are the needles of what is held, covered the secrets that they
	// find.
	common  *Needles
	covered map[string]bool
	known   *simplelru.LRU[string, *Masker]
}

// NewCache returns a cache of maskers all of which hide some texts beside what
// is held.
func NewCache(always ...string) *Cache { return &Cache{always: always} }

// Of returns the masker of all that is held and of some more texts.
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

// hold makes the needles of what is held, and drops all maskers.
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
