package registry

import (
	"context"
	"maps"
	"slices"
	"sync"
)

// maximumKept bounds the definitions that a store keeps at hand.
const maximumKept = 2000

// definitions are those that were read of late, each good for one revision.
type definitions struct {
	mutex sync.Mutex
	kept  map[string]*Entry
}

func (d *definitions) find(row Row) *Entry {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if entry := d.kept[row.ID]; entry != nil && entry.Revision == row.Revision {
		return entry
	}
	return nil
}

func (d *definitions) keep(entries []*Entry) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	if d.kept == nil || len(d.kept)+len(entries) > maximumKept {
		d.kept = map[string]*Entry{} // they are read again as they are asked for
	}
	for _, entry := range entries {
		d.kept[entry.ID] = entry
	}
}

// Whole returns the jobs of rows with all that they run, in the rows' order;
// those that are gone are left out. What was read of an unchanged job is not
// read again, so NextTimes may be behind. The entries are shared: they are not
// to be changed.
func (s *Store) Whole(ctx context.Context, rows []Row) ([]*Entry, error) {
	found, missing := map[string]*Entry{}, []string{}
	for _, row := range rows {
		if entry := s.definitions.find(row); entry != nil {
			found[row.ID] = entry
			continue
		}
		missing = append(missing, row.ID)
	}
	read, err := s.GetAll(ctx, missing)
	if err != nil {
		return nil, err
	}
	s.definitions.keep(read)
	maps.Copy(found, byIDs(read))
	entries := make([]*Entry, len(rows))
	for i, row := range rows {
		entries[i] = found[row.ID]
	}
	return slices.DeleteFunc(entries, func(e *Entry) bool { return e == nil }), nil
}

func byIDs(entries []*Entry) map[string]*Entry {
	byID := make(map[string]*Entry, len(entries))
	for _, entry := range entries {
		byID[entry.ID] = entry
	}
	return byID
}
