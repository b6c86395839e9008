package rawjson

import (
	"bytes"
	"encoding/json"
	"io"
)

// Encode encodes a value as compact JSON. A value that cannot be encoded becomes null: the
// function is for texts, numbers, decoded JSON, and types of this module.
func Encode(value any) json.RawMessage {
	if encoded, err := json.Marshal(value); err == nil && !bytes.Contains(encoded, []byte(`\u`)) {
		return encoded // nothing was escaped
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

// With returns a JSON object with a key appended. The other keys keep their bytes, and numbers
// their digits.
func With(object json.RawMessage, key string, value any) json.RawMessage {
	added := Encode(map[string]any{key: value})
	members := bytes.TrimSpace(bytes.TrimSuffix(bytes.TrimSpace(object), []byte("}")))
	extended := bytes.Clone(members)
	if len(members) > 1 {
		extended = append(extended, ',')
	}
	return append(extended, added[1:]...)
}
