package fields

import (
	"encoding/json"
	"reflect"
	"sync"
)

// A part is a field of a structure that has a role, or may contain fields that have one.
type part struct {
	index int
	key   string
	tag   Tag
	// nested is the structure that the field contains, directly, by pointer or in a slice; nil for
	// a string.
	nested reflect.Type
}

// A plan says how to walk through a structure: first its own fields, then embedded ones.
type plan struct {
	parts []part
	// mediaType is the index of the field with the media type of its bodies, or -1.
	mediaType int
}

var plans sync.Map // reflect.Type to *plan

// planOf returns the plan of a structure. It ignores tags that cannot be parsed; [Check] reports
// them.
func planOf(structure reflect.Type) *plan {
	if made, known := plans.Load(structure); known {
		return made.(*plan)
	}
	made := &plan{mediaType: -1}
	var embedded []part
	for i := range structure.NumField() {
		field := structure.Field(i)
		tag, err := TagOf(field)
		found := part{index: i, key: Key(field), tag: tag}
		if err != nil || !field.IsExported() || found.key == "-" {
			continue
		}
		switch found.nested = structureIn(field.Type); {
		case tag.Role == MediaType:
			made.mediaType = i
		case field.Anonymous && found.nested != nil:
			embedded = append(embedded, found)
		case found.nested != nil && hasRoles(found.nested), tag.Role > Plain:
			made.parts = append(made.parts, found)
		}
	}
	made.parts = append(made.parts, embedded...)
	kept, _ := plans.LoadOrStore(structure, made)
	return kept.(*plan)
}

// hasRoles reports whether a structure can contain fields with roles.
func hasRoles(structure reflect.Type) bool {
	for _, each := range structuresIn(structure) {
		for i := range each.NumField() {
			if tag, _ := TagOf(each.Field(i)); tag.Role > Plain {
				return true
			}
		}
	}
	return false
}

// structureIn returns the structure that a type is, points to, or is a slice of, or nil.
func structureIn(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	return t
}

var rawType = reflect.TypeFor[json.RawMessage]()

// isText reports whether a type contains strings: a string, JSON, or a list or map of them.
func isText(t reflect.Type) bool {
	switch {
	case t == rawType, t.Kind() == reflect.String:
		return true
	case t.Kind() == reflect.Slice, t.Kind() == reflect.Map, t.Kind() == reflect.Pointer:
		return isText(t.Elem())
	default:
		return false
	}
}
