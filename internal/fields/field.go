package fields

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
)

// A Field is a text of an input that has a role beyond being there, and is not empty.
type Field struct {
	// Path leads to the text from the input's root, such as webhooks[0].headers.X-Team.
	Path string
	Role Role
	// MediaType is that of the innermost structure around the text that has one.
	MediaType string

	// holders point to the structures that the text stands in, the outermost first.
	holders []any
	// value is a string, or JSON.
	value reflect.Value
	// list is the map that the text stands in under name, if it stands in one.
	list reflect.Value
	name string
}

// Of returns the fields of the structure that of points to, in its order and maps by their keys, whatever
// it holds included. They are those of [Role] above Plain, but for media types.
func Of(of any) []*Field {
	w := &walk{}
	w.structure("", reflect.ValueOf(of).Elem())
	return w.found
}

// Texts returns the texts of the fields that have the role.
func Texts(of any, role Role) []string {
	var texts []string
	for _, field := range Of(of) {
		if field.Role == role {
			texts = append(texts, field.Text())
		}
	}
	return texts
}

// Within returns the innermost structure of the type in which the field stands, or nil.
func Within[T any](f *Field) *T {
	for _, holder := range slices.Backward(f.holders) {
		if found, is := holder.(*T); is {
			return found
		}
	}
	return nil
}

// Text returns the text as it was given: of JSON, the JSON.
func (f *Field) Text() string {
	if f.IsJSON() {
		return string(f.value.Bytes())
	}
	return f.value.String()
}

// Template returns the text of the template that the field is; false for a field that is JSON in which
// every string is a template.
func (f *Field) Template() (text string, is bool) {
	if !f.IsJSON() {
		return f.value.String(), true
	}
	given := bytes.TrimSpace(f.value.Bytes())
	if f.Role == JSONTemplate || len(given) == 0 || given[0] != '"' {
		return "", false
	}
	return text, json.Unmarshal(given, &text) == nil
}

// Set puts another text in its place, in what [Of] was called with. See [Clone].
func (f *Field) Set(text string) {
	made := reflect.New(f.value.Type()).Elem()
	if f.IsJSON() {
		made.SetBytes([]byte(text))
	} else {
		made.SetString(text)
	}
	if f.list.IsValid() {
		f.list.SetMapIndex(reflect.ValueOf(f.name), made)
		f.value = made
		return
	}
	f.value.Set(made)
}

// IsJSON reports whether the field is JSON, which [Field.Set] then takes.
func (f *Field) IsJSON() bool { return f.value.Type() == rawType }

// A walk goes through an input.
type walk struct {
	found     []*Field
	holders   []any
	mediaType string
}

func (w *walk) structure(path string, v reflect.Value) {
	p, mediaType := planOf(v.Type()), w.mediaType
	w.holders = append(slices.Clip(w.holders), v.Addr().Interface())
	if p.mediaType >= 0 {
		w.mediaType = v.Field(p.mediaType).String()
	}
	for _, part := range p.parts {
		w.value(join(path, part.key), v.Field(part.index), part)
	}
	w.holders, w.mediaType = w.holders[:len(w.holders)-1], mediaType
}

// value goes through a field, or through an element of one.
func (w *walk) value(path string, v reflect.Value, as part) {
	switch {
	case v.Type() == rawType, v.Kind() == reflect.String:
		w.text(&Field{Path: path, value: v}, as)
	case v.Kind() == reflect.Pointer:
		if !v.IsNil() {
			w.value(path, v.Elem(), as)
		}
	case v.Kind() == reflect.Struct:
		w.structure(path, v)
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			w.value(fmt.Sprintf("%s[%d]", path, i), v.Index(i), as)
		}
	case v.Kind() == reflect.Map:
		w.texts(path, v, as)
	}
}

// texts goes through a map of texts, in the order of its keys.
func (w *walk) texts(path string, list reflect.Value, as part) {
	names := make([]string, 0, list.Len())
	for _, key := range list.MapKeys() {
		names = append(names, key.String())
	}
	slices.Sort(names)
	for _, name := range names {
		w.text(&Field{Path: join(path, name), value: list.MapIndex(reflect.ValueOf(name)), list: list, name: name}, as)
	}
}

func (w *walk) text(f *Field, as part) {
	if f.value.Len() > 0 {
		f.Role, f.MediaType, f.holders = as.tag.Role, w.mediaType, w.holders
		w.found = append(w.found, f)
	}
}

func join(path, key string) string {
	if path == "" || key == "" {
		return path + key
	}
	return path + "." + key
}
