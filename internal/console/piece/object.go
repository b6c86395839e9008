package piece

import (
	"bytes"
	"encoding/json"

	"github.com/latch-run/latch"
)

// Object formats an object as JSON over several lines, with its numbers and
// strings unchanged. It returns "" for an object without keys.
func Object(object latch.Object) string {
	if len(object) == 0 {
		return ""
	}
	encoded, err := json.Marshal(object)
	if err != nil {
		return "" // a RawMessage from the API is valid JSON
	}
	return JSON(encoded)
}

// JSON formats JSON over several lines. It returns a text that is not JSON
// unchanged.
func JSON(text []byte) string {
	var indented bytes.Buffer
	if json.Indent(&indented, text, "", "  ") != nil {
		return string(text)
	}
	return indented.String()
}
