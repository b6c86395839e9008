package registry

import (
	"context"
	"maps"
	"slices"

	lru "github.com/hashicorp/golang-lru/v2"
)

// maximumKept bounds the cached definitions.
const maximumKept = 2000

// newDefinitions returns a cache of definitions by job id. An entry is valid
// for one revision.
func newDefinitions() *lru.Cache[string, *Entry] {
	kept, _ := lru.New[string, *Entry](maximumKept) // fails only for a size below 1
	return kept
}

// Whole returns the jobs of rows with their full definitions, in the order of
// the rows. Jobs that no longer exist are left out. Unchanged jobs come from a
// cache, so NextTimes may be outdated. The entries are shared and must not be
// changed.
func (s *Store) Whole(ctx context.Context, rows []Row) ([]*Entry, error) {
	found, missing := map[string]*Entry{}, []string{}
	for _, row := range rows {
		if entry, kept := s.definitions.Get(row.ID); kept && entry.Revision == row.Revision {
			found[row.ID] = entry
			continue
		}
		missing = append(missing, row.ID)
	}
	read, err := s.GetAll(ctx, missing)
	if err != nil {
		return nil, err
	}
	for _, entry := range read {
		s.definitions.Add(entry.ID, entry)
	}
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
