package form

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"

	"github.com/latch-run/latch"
)

// A Kind is how a page asks for a field.
type Kind string

// Kinds of fields.
const (
	Text    Kind = "text"
	Number  Kind = "number"
	Boolean Kind = "boolean"
	// Choice is one of the field's options.
	Choice Kind = "choice"
	// JSON is a field of any other shape, which is filled in as JSON.
	JSON Kind = "json"
)

// A Field is a field of a form as a page asks for it.
type Field struct {
	// Name is the key in data.
	Name string
	// Title and Help are the schema's title, or the name, and its description.
	Title, Help string
	Kind        Kind
	// Options are the values of a Choice, a text as it is and any other value as JSON.
	Options  []string
	values   []json.RawMessage
	Required bool
	// Default is the schema's default, as [Field.Read] takes it.
	Default string
}

// maximumFields bounds the fields of a page.
const maximumFields = 100

// FieldsOf returns the fields of a form, in its order, or nil if the form names none: then data is
// filled in as one JSON object.
func FieldsOf(source json.RawMessage) []Field {
	var top struct {
		Properties json.RawMessage `json:"properties"`
		Required   []string        `json:"required"`
	}
	if json.Unmarshal(source, &top) != nil {
		return nil
	}
	var fields []Field
	for _, name := range keysOf(top.Properties) {
		var properties map[string]json.RawMessage
		if json.Unmarshal(top.Properties, &properties) != nil || len(fields) == maximumFields {
			break
		}
		field := fieldOf(name, properties[name])
		field.Required = slices.Contains(top.Required, name)
		fields = append(fields, field)
	}
	return fields
}

func fieldOf(name string, source json.RawMessage) Field {
	var schema struct {
		Type        any               `json:"type"`
		Title       string            `json:"title"`
		Description string            `json:"description"`
		Enum        []json.RawMessage `json:"enum"`
		Default     json.RawMessage   `json:"default"`
	}
	field := Field{Name: name, Title: name, Kind: JSON}
	if json.Unmarshal(source, &schema) != nil {
		return field
	}
	if schema.Title != "" {
		field.Title = schema.Title
	}
	field.Help = schema.Description
	switch {
	case len(schema.Enum) > 0:
		field.Kind = Choice
		for _, option := range schema.Enum {
			field.Options, field.values = append(field.Options, shown(option)), append(field.values, option)
		}
	case schema.Type == "string":
		field.Kind = Text
	case schema.Type == "number", schema.Type == "integer":
		field.Kind = Number
	case schema.Type == "boolean":
		field.Kind = Boolean
	}
	if schema.Default != nil {
		field.Default = shown(schema.Default)
		if field.Kind == JSON {
			field.Default = string(schema.Default)
		}
	}
	return field
}

// shown returns a string as it is, and any other value as JSON.
func shown(value json.RawMessage) string {
	var text *string
	if json.Unmarshal(value, &text) == nil && text != nil {
		return *text
	}
	var compact bytes.Buffer
	_ = json.Compact(&compact, value) // it was decoded
	return compact.String()
}

// keysOf returns the keys of an object in their order.
func keysOf(object json.RawMessage) []string {
	decoder := json.NewDecoder(bytes.NewReader(object))
	var keys []string
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return nil
	}
	for decoder.More() {
		key, err := decoder.Token()
		name, is := key.(string)
		var value json.RawMessage
		if err != nil || !is || decoder.Decode(&value) != nil {
			return keys
		}
		keys = append(keys, name)
	}
	return keys
}

// Read returns the data that somebody has filled in, by the name of each field, or by "" where the
// form names no fields. What is left empty is left out, and what cannot be read stays as text, so
// that the form refuses it.
func Read(source json.RawMessage, filled func(name string) string) (latch.Object, latch.Problems) {
	fields := FieldsOf(source)
	data := latch.Object{}
	if len(fields) == 0 {
		text := strings.TrimSpace(filled(""))
		if text != "" && latch.Unmarshal([]byte(text), &data) != nil {
			return nil, latch.Problems{{Path: "data", Message: "is not a JSON object"}}
		}
		return data, nil
	}
	var problems latch.Problems
	for i := range fields {
		value, problem := fields[i].read(filled(fields[i].Name))
		switch {
		case problem != "":
			problems.Addf(join("data", fields[i].Name), "%s", problem)
		case value != nil:
			data[fields[i].Name] = value
		}
	}
	return data, problems
}

// read returns the JSON of what was filled in, or nil if it was left empty.
func (f *Field) read(filled string) (json.RawMessage, string) {
	text := strings.TrimSpace(filled)
	if text == "" {
		return nil, ""
	}
	quoted, _ := json.Marshal(filled) // a string can always be encoded
	switch f.Kind {
	case Text:
		return quoted, ""
	case Number:
		var number json.Number
		if json.Unmarshal([]byte(text), &number) == nil && text[0] != '"' {
			return json.RawMessage(text), ""
		}
		return nil, "is not a number"
	case Choice:
		if i := slices.Index(f.Options, filled); i >= 0 {
			return f.values[i], ""
		}
		return quoted, ""
	default:
		if !json.Valid([]byte(text)) {
			return nil, "is not JSON"
		}
		return json.RawMessage(text), ""
	}
}
