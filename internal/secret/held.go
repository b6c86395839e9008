package secret

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// Held is all that must be masked of what a store holds, as of one moment. Its
// pointer stands for the moment: a store that holds what it held returns the
// same one.
type Held struct{ texts []string }

// Texts returns the texts of all secrets; see [Secret.Texts]. The caller must
// not change them.
func (h *Held) Texts() []string {
	if h == nil {
		return nil
	}
	return h.texts
}

// lookInterval is how often, at most, the files of a directory are looked over
// for what was changed in them. What is used is read at once.
const lookInterval = time.Second

// A holding keeps what a store held when it was looked at last.
type holding struct {
	mutex sync.Mutex
	held  *Held
	// version is the directory's at that time, looked when that was.
	version uint64
	looked  time.Time
}

// Held returns what the store holds now. What became of files that nobody used
// is noticed within a second.
func (s *Store) Held() *Held {
	if s == nil {
		return nil
	}
	h := s.holding
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if s.files == nil {
		if h.held == nil {
			h.held = heldOf(s.values)
		}
		return h.held
	}
	now := s.now()
	look := now.Sub(h.looked) >= lookInterval
	if look {
		h.looked = now
	}
	files, version := s.files.contents(look, h.version)
	if h.held == nil || version != h.version {
		h.held, h.version = heldOf(s.values, files), version
	}
	return h.held
}

// heldOf collects the texts of variables and files, of a file also where a
// variable wins over it.
func heldOf(all ...map[string]content) *Held {
	var texts []string
	for _, values := range all {
		for _, variable := range slices.Sorted(maps.Keys(values)) {
			value := values[variable]
			texts = append(texts, value.texts()...)
		}
	}
	slices.Sort(texts)
	return &Held{slices.Compact(texts)}
}
