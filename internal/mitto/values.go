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

// ownPrefix begins the keys of Extras that are this package's own.
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

// text returns a string's content, and of any other value its JSON.
func text(value json.RawMessage) string {
	var content string
	if json.Unmarshal(value, &content) == nil && isText(value) {
		return content
	}
	return string(bytes.TrimSpace(value))
}

// members returns an object's members, nil of any other value.
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

// wholeNumber reads a number that is written the one way that JSON knows.
func wholeNumber(digits string) (int64, bool) {
	number, err := strconv.ParseInt(digits, 10, 64)
	return number, err == nil && strconv.FormatInt(number, 10) == digits
}

// duration makes a Go duration of seconds; one that is a Go duration already,
// or is wrong, is left as it is, to be judged by the vocabulary's own rules.
func duration(value json.RawMessage) json.RawMessage {
	digits := strings.TrimSpace(text(value))
	if _, err := time.ParseDuration(digits + "s"); err == nil && digits != "" {
		return rawjson.Encode(digits + "s")
	}
	return value
}

// seconds is how Mitto's clients see a duration; none is null.
func seconds(d latch.Duration) json.RawMessage {
	if d == 0 {
		return json.RawMessage("null")
	}
	return json.RawMessage(strconv.FormatFloat(time.Duration(d).Seconds(), 'f', -1, 64))
}
