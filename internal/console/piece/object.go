package piece

import (
	"bytes"
	"encoding/json"

	"github.com/latch-run/latch"
)

// Object writes an object as JSON over several lines, its numbers and strings as
// they are; "" for one without keys.
func Object(object latch.Object) string {
	if len(object) == 0 {
		return ""
	}
	encoded, err := json.Marshal(object)
	if err != nil {
		return "" // a RawMessage of the API's own is JSON
	}
	return JSON(encoded)
}

// JSON writes JSON over several lines, and what is not JSON as it is.
func JSON(text []byte) string {
	var indented bytes.Buffer
	if json.Indent(&indented, text, "", "  ") != nil {
		return string(text)
	}
	return indented.String()
}
