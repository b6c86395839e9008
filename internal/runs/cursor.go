package runs

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
)

// An ArgumentError says that a filter or a cursor is not what a list takes.
type ArgumentError struct {
	// Name is the argument's: since, until, status, cursor and the like.
	Name    string
	message string
}

// Error names the argument, its value, and what would be right.
func (e *ArgumentError) Error() string { return e.Name + ": " + e.message }

func wrong(name, format string, args ...any) *ArgumentError {
	return &ArgumentError{Name: name, message: fmt.Sprintf(format, args...)}
}

// A cursor is where the next part of a list begins. It is good for the same
// filter alone.
type cursor struct {
	// Stage is which query of several goes on.
	Stage int `json:"stage,omitempty"`
	// Page is the token of Temporal's next page; empty at the query's beginning.
	Page []byte `json:"page,omitempty"`
	// Bare reports that the namespace lacks Latch's search attributes.
	Bare bool `json:"bare,omitempty"`
	// Since and Until are the times that the first part began with.
	Since time.Time `json:"since,omitzero"`
	Until time.Time `json:"until,omitzero"`
}

func (c cursor) encode() string {
	encoded, err := json.Marshal(c)
	if err != nil {
		return "" // times, numbers and bytes encode
	}
	return base64.RawURLEncoding.EncodeToString(encoded)
}

// decodeCursor reads what encode wrote into the cursor, of a list of so many
// stages; an empty text leaves it as it is.
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

// lacksAttributes reports whether the error means that the namespace does not
// know a search attribute, where the query has one and all else in it is known.
func (c *cursor) lacksAttributes(err error) bool {
	var invalid *serviceerror.InvalidArgument
	return errors.As(err, &invalid) && !c.Bare && len(c.Page) == 0
}
