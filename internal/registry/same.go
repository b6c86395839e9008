package registry

import (
	"bytes"
	"encoding/json"

	"github.com/latch-run/latch"
)

// same reports whether two definitions are equal, apart from the times when
// they were written. A definition that cannot be encoded equals none, so that
// writing it reports the error.
func same(a, b *Definition) bool {
	left, failed := timeless(*a)
	right, alsoFailed := timeless(*b)
	return failed == nil && alsoFailed == nil && bytes.Equal(left, right)
}

func timeless(definition Definition) ([]byte, error) {
	definition.CreatedAt, definition.UpdatedAt, definition.Fields = latch.Time{}, latch.Time{}, nil
	definition.Revision, definition.Earlier = "", nil
	if len(definition.Followers) == 0 {
		definition.Followers = nil
	}
	return json.Marshal(definition)
}
