package runs

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
)

// An ArgumentError says that a filter or a cursor is invalid.
type ArgumentError struct {
	// Name is the name of the argument, such as since, until, status or cursor.
	Name    string
	message string
}

// Error names the argument, its value, and what would be right.
func (e *ArgumentError) Error() string { return e.Name + ": " + e.message }

// NewArgumentError returns the error for an argument of a list outside of this package.
func NewArgumentError(name, format string, args ...any) *ArgumentError {
	return wrong(name, format, args...)
}

func wrong(name, format string, args ...any) *ArgumentError {
	return &ArgumentError{Name: name, message: fmt.Sprintf(format, args...)}
}

// A cursor is the position in a list where the next page begins. It is valid
// only for the same filter.
type cursor struct {
	// Stage is the number of the query to continue, of several.
	Stage int `json:"stage,omitempty"`
	// Page is the token of Temporal's next page; empty at the beginning of the
	// query.
	Page []byte `json:"page,omitempty"`
	// After is the id of the run on the page after which to go on; empty at its beginning.
	After string `json:"after,omitempty"`
	// Bare is true if the namespace lacks Latch's search attributes.
	Bare bool `json:"bare,omitempty"`
	// Since and Until are the times of the first page.
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`
}

func (c cursor) encode() string {
	encoded, err := json.Marshal(c)
	if err != nil {
		return "" // times, numbers and bytes always encode
	}
	return base64.RawURLEncoding.EncodeToString(encoded)
}

// decode decodes the result of encode, for a list with the given number of
// stages. An empty text leaves the cursor unchanged.
func (c *cursor) decode(text string, stages int) error {
	if text == "" {
		return nil
	}
	var read cursor
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || json.Unmarshal(decoded, &read) != nil || read.Stage < 0 || read.Stage >= stages {
		return wrong("cursor", "%q is not the next_cursor of an earlier part", text)
	}
	*c = read
	return nil
}

// lacksAttributes reports whether the error of a query means that the namespace
// lacks a search attribute, which is the only part of the query that it may not
// know.
func (c *cursor) lacksAttributes(err error) bool {
	var invalid *serviceerror.InvalidArgument
	return errors.As(err, &invalid) && !c.Bare && len(c.Page) == 0
}
