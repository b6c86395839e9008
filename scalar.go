package latch

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"
)

// A Duration is a time.Duration whose JSON is a Go duration string ("90s", "4h").
type Duration time.Duration

// String returns the duration in Go's notation.
func (d Duration) String() string { return time.Duration(d).String() }

// MarshalJSON encodes the duration as a Go duration string.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalJSON decodes a Go duration string.
func (d *Duration) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("a duration is a string such as \"90s\", not %s", data)
	}
	parsed, err := time.ParseDuration(text)
	if err != nil {
		return err
	}
	*d = Duration(parsed)
	return nil
}

// A Time is an instant whose JSON is in RFC 3339, UTC, with milliseconds.
type Time struct{ time.Time }

// NewTime returns t in UTC, truncated to the millisecond.
func NewTime(t time.Time) Time { return Time{t.UTC().Truncate(time.Millisecond)} }

// timeFormat is RFC 3339 with milliseconds.
const timeFormat = "2006-01-02T15:04:05.000Z07:00"

// MarshalJSON encodes the instant in RFC 3339, UTC, with milliseconds.
func (t Time) MarshalJSON() ([]byte, error) {
	return t.UTC().AppendFormat(make([]byte, 0, len(timeFormat)+2), `"`+timeFormat+`"`), nil
}

// decodeTime decodes an instant of an input.
func decodeTime(problems *Problems, path string, data json.RawMessage, target reflect.Value) {
	var parsed Time
	if err := json.Unmarshal(data, &parsed); err != nil {
		problems.Addf(path, `must be a time in RFC 3339 such as "2026-07-01T18:00:00Z", not %s`, abbreviate(data))
		return
	}
	target.Set(reflect.ValueOf(parsed))
}

// An Object is a JSON object whose values stay encoded as they were, including the digits of
// numbers.
type Object map[string]json.RawMessage

// MarshalJSON encodes the object. A nil one is {}.
func (o Object) MarshalJSON() ([]byte, error) {
	if o == nil {
		return []byte("{}"), nil
	}
	return json.Marshal(map[string]json.RawMessage(o))
}
