package secret

import (
	"maps"
	"slices"
	"sync"
	"time"
)

// Held is everything in a store that must be masked, at one time. While the
// content of the store does not change, the store returns the same pointer.
type Held struct{ texts []string }

// Texts returns the texts of all secrets; see [Secret.Texts]. The caller must
// not change them.
func (h *Held) Texts() []string {
	if h == nil {
		return nil
	}
	return h.texts
}

// lookInterval is the minimum interval between scans for changed files. A
// secret that is used is read at once.
const lookInterval = time.Second

// A holding is the content of a store when it was last scanned.
type holding struct {
	mutex sync.Mutex
	held  *Held
	// version is the directory's version at the time looked.
	version uint64
	looked  time.Time
}

// Held returns the current content of the store. Changes in files that nobody
// uses are noticed within a second.
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

// heldOf collects the texts of variables and files, including a file that a
// variable overrides.
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
