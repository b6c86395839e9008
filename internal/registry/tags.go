package registry

import (
	"context"
	"slices"
	"time"

	"github.com/latch-run/latch"
)

// A Tag is one that was made by itself, whether or not a job bears it.
type Tag struct {
	Name      string     `json:"name"`
	CreatedAt latch.Time `json:"created_at"`
	UpdatedAt latch.Time `json:"updated_at"`
}

// maximumTags bounds the tags that are kept.
const maximumTags = 2000

// Tags returns the tags that were made by themselves, in the order of their making.
func (s *Store) Tags(ctx context.Context) ([]Tag, error) { return s.tags.Read(ctx) }

// CreateTag makes a tag; one that is there already stays as it is.
func (s *Store) CreateTag(ctx context.Context, name string) (*Tag, error) {
	now := latch.NewTime(time.Now())
	made := Tag{Name: name, CreatedAt: now, UpdatedAt: now}
	err := s.tags.Change(ctx, func(all []Tag) ([]Tag, error) {
		if at := slices.IndexFunc(all, func(t Tag) bool { return t.Name == name }); at >= 0 {
			made = all[at]
			return all, nil
		}
		if len(all) >= maximumTags {
			return nil, &RefusedError{Field: "name", Reason: "there are as many tags as are kept; give one to a job instead"}
		}
		return append(slices.Clone(all), made), nil
	})
	return &made, err
}
