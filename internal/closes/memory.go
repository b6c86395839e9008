package closes

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"
)

// MaximumRemembered bounds the runs in a memory. If more runs close within [Long], a pass lists
// less far back: a run that is listed later than that is not found.
const MaximumRemembered = 8192

// A Memory holds the runs that were reported. It is small, because each step writes it to a
// workflow's history: a run takes twelve bytes, eight for the hash of its id and four for the
// second in which it closed.
type Memory struct {
	// Told has the entries, sorted by the time when the run closed.
	Told []byte `json:"told,omitempty"`
	// Forgotten is the end of the second in which the newest run closed that did not fit. It is
	// zero if all runs fitted.
	Forgotten time.Time `json:"forgotten,omitzero"`
}

// entry is one run. The second comes first, so that sorted entries are in order of time.
type entry [12]byte

func entryOf(runID string, closed time.Time) (e entry) {
	binary.BigEndian.PutUint32(e[:4], uint32(closed.Unix()))
	sum := sha256.Sum256([]byte(runID))
	copy(e[4:], sum[:8])
	return e
}

func (e entry) second() time.Time { return time.Unix(int64(binary.BigEndian.Uint32(e[:4])), 0).UTC() }

// entries returns the remembered runs, in order.
func (m *Memory) entries() []entry {
	all := make([]entry, len(m.Told)/len(entry{}))
	for i := range all {
		copy(all[i][:], m.Told[i*len(entry{}):])
	}
	return all
}

// knows reports whether the run is remembered. The sources of hints may round the time of a
// close otherwise than the list, so it does not count.
func (m *Memory) knows(runID string) bool {
	of := entryOf(runID, time.Time{})
	return slices.ContainsFunc(m.entries(), func(e entry) bool { return bytes.Equal(e[4:], of[4:]) })
}

// A told is a memory for lookups.
type told struct {
	entries map[entry]struct{}
	// forgotten and newest bound what is no longer known: a run that closed before forgotten
	// and is not newer than newest was reported, or came too late.
	forgotten, newest time.Time
}

func (m *Memory) told(newest time.Time) told {
	t := told{entries: map[entry]struct{}{}, forgotten: m.Forgotten, newest: newest}
	for _, each := range m.entries() {
		t.entries[each] = struct{}{}
	}
	return t
}

// has reports whether the run was reported.
func (t told) has(runID string, closed time.Time) bool {
	if closed.Before(t.forgotten) && !closed.After(t.newest) {
		return true
	}
	_, has := t.entries[entryOf(runID, closed)]
	return has
}

// A Told is a run that was reported.
type Told struct {
	RunID  string
	Closed time.Time
}

// Add remembers runs. It forgets those that closed before the given time, which no pass lists
// again, and the oldest ones that do not fit.
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
