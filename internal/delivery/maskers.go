package delivery

import (
	"strings"
	"sync"
)

// maximumMaskers bounds how many maskers are kept.
const maximumMaskers = 256

// maskers keeps the maskers of late, since the deliveries of a webhook share
// theirs and making one costs more than a signature.
type maskers struct {
	mutex sync.Mutex
	known map[string]*masker
}

// of gives the masker of the texts. When too many are known all are forgotten,
// rotated secrets among them.
func (k *maskers) of(secrets []string) *masker {
	key := strings.Join(secrets, "\x00")
	k.mutex.Lock()
	defer k.mutex.Unlock()
	if m, found := k.known[key]; found {
		return m
	}
	if k.known == nil || len(k.known) >= maximumMaskers {
		k.known = map[string]*masker{}
	}
	m := newMasker(secrets)
	k.known[key] = m
	return m
}
