package registry

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/latch-run/latch"
)

// A Tag is a tag that was created by itself, whether or not a job has it.
type Tag struct {
	Name string `json:"name"`
	// ManagedBy names the owner that declares the tag in files; empty for one
	// created by hand.
	ManagedBy string     `json:"managed_by,omitempty"`
	CreatedAt latch.Time `json:"created_at"`
	UpdatedAt latch.Time `json:"updated_at"`
}

// MaximumTags bounds the stored tags.
const MaximumTags = 2000

// MaximumTagName bounds the name of a tag, in bytes.
const MaximumTagName = 200

// IsTagName reports whether a tag may be created with the name: it says something, and is a text
// that is not too long.
func IsTagName(name string) bool {
	return strings.TrimSpace(name) != "" && utf8.ValidString(name) && len(name) <= MaximumTagName
}

// Tags returns the tags that were created by themselves, oldest first.
func (s *Store) Tags(ctx context.Context) ([]Tag, error) { return s.tags.Read(ctx) }

// CreateTag creates a tag. An existing tag is returned unchanged.
func (s *Store) CreateTag(ctx context.Context, name string) (*Tag, error) {
	now := latch.NewTime(time.Now())
	made := Tag{Name: name, CreatedAt: now, UpdatedAt: now}
	err := s.tags.Change(ctx, func(all []Tag) ([]Tag, error) {
		if at := slices.IndexFunc(all, func(t Tag) bool { return t.Name == name }); at >= 0 {
			made = all[at]
			return all, nil
		}
		if len(all) >= MaximumTags {
			return nil, &RefusedError{Field: "name", Reason: "there are as many tags as are kept; give one to a job instead"}
		}
		return append(slices.Clone(all), made), nil
	})
	return &made, err
}

// PutTags creates missing tags, sets the owner of existing ones, and removes
// others by name, in one write.
func (s *Store) PutTags(ctx context.Context, put []Tag, remove []string) error {
	return s.tags.Change(ctx, func(all []Tag) ([]Tag, error) {
		now := latch.NewTime(time.Now())
		after := slices.DeleteFunc(slices.Clone(all), func(t Tag) bool { return slices.Contains(remove, t.Name) })
		for _, tag := range put {
			tag.CreatedAt, tag.UpdatedAt = now, now
			if at := slices.IndexFunc(after, func(t Tag) bool { return t.Name == tag.Name }); at >= 0 {
				after[at].ManagedBy, after[at].UpdatedAt = tag.ManagedBy, now
				continue
			}
			after = append(after, tag)
		}
		if len(after) > MaximumTags && len(after) > len(all) {
			return nil, &RefusedError{Reason: fmt.Sprintf("there would be %d tags; at most %d are kept", len(after), MaximumTags)}
		}
		return after, nil
	})
}
