package delivery

import (
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/latch-run/latch/internal/mask"
	"github.com/latch-run/latch/internal/secret"
)

const (
	// maximumMaskers bounds how many maskers are kept.
	maximumMaskers = 256
	// minimumHeld is the least length, in bytes, of what is masked in every
	// record. A shorter secret is masked where it is named: elsewhere it would
	// hide what is no secret, such as the "pass" of a result.
	minimumHeld = 6
)

// maskers keeps the maskers of late, since the deliveries of a webhook share
// theirs and making one costs more than a signature. All of them share what is
// looked for of all that the worker holds: it is made anew when that changes.
type maskers struct {
	// always are secrets of the worker's own, beside those of its store.
	always []string

	mutex sync.Mutex
	held  *secret.Held
	// common are the needles of what is held, covered the secrets that they
	// find.
	common  *mask.Needles
	covered map[string]bool
	known   *simplelru.LRU[string, *mask.Masker]
}

// of returns the masker of all that is held and of some more texts.
func (k *maskers) of(held *secret.Held, more []string) *mask.Masker {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if k.known == nil || k.held != held {
		k.hold(held)
	}
	var own []string
	for _, text := range more {
		if text != "" && !k.covered[text] {
			own = append(own, text)
		}
	}
	key := strings.Join(own, "\x00")
	if m, found := k.known.Get(key); found {
		return m
	}
	m := mask.Of(k.common, mask.NeedlesOf(own))
	k.known.Add(key, m)
	return m
}

// hold makes the needles of what is held.
func (k *maskers) hold(held *secret.Held) {
	all := slices.DeleteFunc(slices.Clone(held.Texts()), func(text string) bool { return len(text) < minimumHeld })
	all = append(all, k.always...)
	k.held, k.common = held, mask.NeedlesOf(all)
	k.known, _ = simplelru.NewLRU[string, *mask.Masker](maximumMaskers, nil) // fails only for a size below 1
	k.covered = make(map[string]bool, len(all))
	for _, text := range all {
		k.covered[text] = true
	}
}

// maskerOf returns what hides all that the worker holds, and the texts.
func (s *Sender) maskerOf(secrets []string) *mask.Masker {
	return s.maskers.of(s.secrets.Held(), secrets)
}

// proxySecrets returns the proxy's credentials, which are masked like secrets.
func proxySecrets(proxy *url.URL) []string {
	if proxy == nil || proxy.User == nil {
		return nil
	}
	password, _ := proxy.User.Password()
	return []string{password, proxy.User.String(), basic(proxy.User.Username(), password)}
}
