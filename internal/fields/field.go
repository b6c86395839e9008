package fields

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
)

// A Field is a non-empty string, or JSON, in an input, with a role other than Plain.
type Field struct {
	// Path is the path from the input's root, such as webhooks[0].headers.X-Team.
	Path string
	Role Role
	// MediaType is that of the innermost enclosing structure that has one.
	MediaType string

	// within is the structure that contains the field.
	within *holder
	// value is a string, or JSON.
	value reflect.Value
	// list is the map that contains the field under name, if there is one.
	list reflect.Value
	name string
}

// usualFields is the number of fields in most structures.
const usualFields = 8

// Of returns the fields of the structure that of points to, including those of nested structures,
// in order; maps are sorted by key. It returns fields of every [Role] above Plain except MediaType.
func Of(of any) []*Field {
	w := &walk{found: make([]*Field, 0, usualFields)}
	w.structure("", reflect.ValueOf(of).Elem())
	return w.found
}

// Texts returns the texts of the fields that have the role.
func Texts(among []*Field, role Role) []string {
	var texts []string
	for _, field := range among {
		if field.Role == role {
			texts = append(texts, field.Text())
		}
	}
	return texts
}

// Within returns the innermost enclosing structure of the type, or nil.
func Within[T any](f *Field) *T {
	for each := f.within; each != nil; each = each.within {
		if found, is := each.structure.(*T); is {
			return found
		}
	}
	return nil
}

// Text returns the string, or the JSON, as given.
func (f *Field) Text() string {
	if f.IsJSON() {
		return string(f.value.Bytes())
	}
	return f.value.String()
}

// Template returns the text of the template in the field. is is false if the field is JSON in which
// every string is a template.
func (f *Field) Template() (text string, is bool) {
	if !f.IsJSON() {
		return f.value.String(), true
	}
	given := bytes.TrimSpace(f.value.Bytes())
	if f.Role == JSONTemplate || len(given) == 0 || given[0] != '"' {
		return "", false
	}
	var written string
	err := json.Unmarshal(given, &written)
	return written, err == nil
}

// Set replaces the text in the structure passed to [Of]. See [Detach].
func (f *Field) Set(text string) {
	if f.list.IsValid() { // an element of a map cannot be set itself
		f.value = reflect.New(f.value.Type()).Elem()
	}
	if f.IsJSON() {
		f.value.SetBytes([]byte(text))
	} else {
		f.value.SetString(text)
	}
	if f.list.IsValid() {
		f.list.SetMapIndex(reflect.ValueOf(f.name), f.value)
	}
}

// IsJSON reports whether the field is JSON, as [Field.Set] then requires.
func (f *Field) IsJSON() bool { return f.value.Type() == rawType }

// A holder points to a structure and to the holder of the structure that contains it.
type holder struct {
	structure any
	within    *holder
}

// A walk collects the fields of an input.
type walk struct {
	found     []*Field
	within    *holder
	mediaType string
}

func (w *walk) structure(path string, v reflect.Value) {
	p, outer, mediaType := planOf(v.Type()), w.within, w.mediaType
	w.within = &holder{v.Addr().Interface(), outer}
	if p.mediaType >= 0 {
		w.mediaType = v.Field(p.mediaType).String()
	}
	for _, part := range p.parts {
		if field := v.Field(part.index); !isEmpty(field) {
			w.value(join(path, part.key), field, part)
		}
	}
	w.within, w.mediaType = outer, mediaType
}

// isEmpty reports whether a value cannot contain fields, in which case no path is built for it.
func isEmpty(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String, reflect.Slice, reflect.Map:
		return v.Len() == 0
	default:
		return v.Kind() == reflect.Pointer && v.IsNil()
	}
}

// value visits a field, or an element of one.
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
			w.value(path+"["+strconv.Itoa(i)+"]", v.Index(i), as)
		}
	case v.Kind() == reflect.Map:
		w.texts(path, v, as)
	}
}

// texts visits a map of strings, sorted by key.
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
		f.Role, f.MediaType, f.within = as.tag.Role, w.mediaType, w.within
		w.found = append(w.found, f)
	}
}

func join(path, key string) string {
	if path == "" || key == "" {
		return path + key
	}
	return path + "." + key
}
