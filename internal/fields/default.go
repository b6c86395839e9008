package fields

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sync"
)

// defaultTag is the key of the struct tag with the default of a field that is not set. It is not
// "default", because an API that decodes the structure would add such a value to what was sent.
const defaultTag = "unset"

// DefaultOf returns the default in a field's tag, such as `unset:"60s"`: a decoded JSON value, or
// else a string. has is false if the field has none.
func DefaultOf(field reflect.StructField) (value any, has bool) {
	text, has := field.Tag.Lookup(defaultTag)
	if has && json.Unmarshal([]byte(text), &value) != nil {
		value = text
	}
	return value, has
}

// SetDefaults sets each zero field of a structure to the default in its tag, if there is one. It
// does not change nested structures.
func SetDefaults[T any](given *T) {
	v := reflect.ValueOf(given).Elem()
	for _, each := range defaultsOf(v.Type()) {
		if field := v.Field(each.index); field.IsZero() {
			field.Set(each.value)
		}
	}
}

// A standIn is the default of a field.
type standIn struct {
	index int
	value reflect.Value
}

var standIns sync.Map // reflect.Type to []standIn

func defaultsOf(structure reflect.Type) []standIn {
	if known, is := standIns.Load(structure); is {
		return known.([]standIn)
	}
	var made []standIn
	for i := range structure.NumField() {
		value, err := parsedDefault(structure.Field(i))
		if err == nil && value.IsValid() && !value.IsZero() {
			made = append(made, standIn{i, value})
		}
	}
	standIns.Store(structure, made)
	return made
}

// parsedDefault returns a field's default as a value of its type, or the zero Value if it has none.
func parsedDefault(field reflect.StructField) (reflect.Value, error) {
	value, has := DefaultOf(field)
	if !has {
		return reflect.Value{}, nil
	}
	made := reflect.New(field.Type)
	encoded, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(encoded, made.Interface())
	}
	if err != nil {
		return reflect.Value{}, fmt.Errorf("its default is not a value of it: %w", err)
	}
	return made.Elem(), nil
}
