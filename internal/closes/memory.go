package closes

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"
)

// MaximumRemembered bounds the runs that a memory holds. Where more close than that
// within [Long], a pass looks back less far: a run that is listed later than that
// is not found.
const MaximumRemembered = 8192

// A Memory holds which runs were told of. It is small, since it is written into a
// workflow's history with each step: of each run it keeps twelve bytes, eight of the
// hash of its id and four of the second in which it closed.
type Memory struct {
	// Told has the entries, the run that closed first in front.
	Told []byte `json:"told,omitempty"`
	// Forgotten is the end of the second in which the newest run closed that there
	// was no room for any more; zero where nothing was forgotten so.
	Forgotten time.Time `json:"forgotten,omitzero"`
}

// entry is one run: the second first, so that entries in order are in the order of
// time.
type entry [12]byte

func entryOf(runID string, closed time.Time) (e entry) {
	binary.BigEndian.PutUint32(e[:4], uint32(closed.Unix()))
	sum := sha256.Sum256([]byte(runID))
	copy(e[4:], sum[:8])
	return e
}

func (e entry) second() time.Time { return time.Unix(int64(binary.BigEndian.Uint32(e[:4])), 0).UTC() }

// entries returns what is remembered, in its order.
func (m *Memory) entries() []entry {
	all := make([]entry, len(m.Told)/len(entry{}))
	for i := range all {
		copy(all[i][:], m.Told[i*len(entry{}):])
	}
	return all
}

// A told is a memory that can be asked.
type told struct {
	entries map[entry]struct{}
	// forgotten and newest say what is not known any more: what closed before the
	// first and is not newer than the second was told, or came too late.
	forgotten, newest time.Time
}

func (m *Memory) told(newest time.Time) told {
	t := told{entries: map[entry]struct{}{}, forgotten: m.Forgotten, newest: newest}
	for _, each := range m.entries() {
		t.entries[each] = struct{}{}
	}
	return t
}

// has reports whether the run was told of.
func (t told) has(runID string, closed time.Time) bool {
	if closed.Before(t.forgotten) && !closed.After(t.newest) {
		return true
	}
	_, has := t.entries[entryOf(runID, closed)]
	return has
}

// A Told is a run that was told of.
type Told struct {
	RunID  string
	Closed time.Time
}

// Add remembers runs, and forgets those that closed before the given time, which no
// pass lists again, and the oldest of those for which there is no room.
func (m *Memory) Add(runs []Told, before time.Time) {
	all := m.entries()
	for _, each := range runs {
		all = append(all, entryOf(each.RunID, each.Closed))
	}
	slices.SortFunc(all, func(a, b entry) int { return bytes.Compare(a[:], b[:]) })
	all = slices.Compact(all)
	old, _ := slices.BinarySearchFunc(all, before.Truncate(time.Second), func(e entry, at time.Time) int { return e.second().Compare(at) })
	all = all[old:]
	if excess := len(all) - MaximumRemembered; excess > 0 {
		m.Forgotten = later(m.Forgotten, all[excess-1].second().Add(time.Second))
		all = all[excess:]
	}
	m.Told = make([]byte, 0, len(all)*len(entry{}))
	for _, each := range all {
		m.Told = append(m.Told, each[:]...)
	}
}
