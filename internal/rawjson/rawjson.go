package rawjson

import (
	"bytes"
	"encoding/json"
)

// Encode returns a value as compact JSON. A value that has no JSON becomes null:
// it is for texts, numbers, what came out of JSON, and types of this module.
func Encode(value any) json.RawMessage {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return json.RawMessage("null")
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}
