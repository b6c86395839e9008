package rawjson

import (
	"bytes"
	"encoding/json"
	"io"
)

// Encode returns a value as compact JSON. A value that has no JSON becomes null:
// it is for texts, numbers, what came out of JSON, and types of this module.
func Encode(value any) json.RawMessage {
	if encoded, err := json.Marshal(value); err == nil && !bytes.Contains(encoded, []byte(`\u`)) {
		return encoded // nothing of it was escaped
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return json.RawMessage("null")
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// Write writes a value as indented JSON and a line break.
func Write(to io.Writer, value any) error {
	encoder := json.NewEncoder(to)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(value)
}

// With returns a JSON object with a key added behind its own, which keep their
// bytes: numbers keep their digits.
func With(object json.RawMessage, key string, value any) json.RawMessage {
	added := Encode(map[string]any{key: value})
	members := bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(object), []byte("}")))
	extended := bytes.Clone(members)
	if len(members) > 1 {
		extended = append(extended, ',')
	}
	return append(extended, added[1:]...)
}
