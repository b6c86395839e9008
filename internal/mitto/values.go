package mitto

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
)

// ownPrefix begins the keys of Extras that belong to this package.
const ownPrefix = "latch:"

func isOwn(key string) bool { return strings.HasPrefix(key, ownPrefix) }

func isNull(value json.RawMessage) bool {
	value = bytes.TrimSpace(value)
	return len(value) == 0 || string(value) == "null"
}

func isObject(value json.RawMessage) bool {
	value = bytes.TrimSpace(value)
	return len(value) > 0 && value[0] == '{'
}

func isText(value json.RawMessage) bool {
	value = bytes.TrimSpace(value)
	return len(value) > 0 && value[0] == '"'
}

// text returns the content of a string, and any other value as JSON.
func text(value json.RawMessage) string {
	var content string
	if json.Unmarshal(value, &content) == nil && isText(value) {
		return content
	}
	return string(bytes.TrimSpace(value))
}

// members returns an object's members, or nil for any other value.
func members(value json.RawMessage) latch.Object {
	var object latch.Object
	if !isObject(value) || json.Unmarshal(value, &object) != nil {
		return nil
	}
	return object
}

func copied(object map[string]json.RawMessage) map[string]json.RawMessage {
	other := make(map[string]json.RawMessage, len(object))
	for key, value := range object {
		other[key] = value
	}
	return other
}

// wholeNumber parses an integer in its canonical form, without leading zeros or
// a plus sign.
func wholeNumber(digits string) (int64, bool) {
	number, err := strconv.ParseInt(digits, 10, 64)
	return number, err == nil && strconv.FormatInt(number, 10) == digits
}

// duration converts seconds to a Go duration. A value that is not a number of
// seconds is returned unchanged: it is a Go duration already, or Latch's own
// rules reject it.
func duration(value json.RawMessage) json.RawMessage {
	digits := strings.TrimSpace(text(value))
	if _, err := time.ParseDuration(digits + "s"); err == nil && digits != "" {
		return rawjson.Encode(digits + "s")
	}
	return value
}

// seconds returns a duration as Mitto's clients see it; zero is null.
func seconds(d latch.Duration) json.RawMessage {
	if d == 0 {
		return json.RawMessage("null")
	}
	return json.RawMessage(strconv.FormatFloat(time.Duration(d).Seconds(), 'f', -1, 64))
}
