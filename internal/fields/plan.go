package fields

import (
	"encoding/json"
	"reflect"
	"sync"
)

// A part is a field of a structure that has a role, or in which there may be fields that have one.
type part struct {
	index int
	key   string
	tag   Tag
	// nested is the structure that the field holds, by a pointer, in a slice or itself; nil for a text.
	nested reflect.Type
}

// A plan is how a structure is walked through: the fields that it adds before those that it embeds.
type plan struct {
	parts []part
	// mediaType is the index of the field with the type of its bodies, or -1.
	mediaType int
}

var plans sync.Map // reflect.Type to *plan

// planOf returns the plan of a structure. A tag that cannot be read is left out here; [Check] names it.
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

// hasRoles reports whether there can be fields in a structure.
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

// structureIn returns the structure that a type is, points to or is a slice of, or nil.
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

// isText reports whether a type holds texts: a string, JSON, or a list or map of them.
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
