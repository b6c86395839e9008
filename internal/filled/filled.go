package filled

import (
	"encoding/json"
	"reflect"
	"time"

	"github.com/latch-run/latch"
)

// instant is not a whole number of seconds.
var instant = latch.NewTime(time.Date(2026, 7, 1, 12, 30, 0, 123_000_000, time.UTC))

// text needs escapes in JSON.
const text = "a text\nof <two> lines"

// Set gives every exported field below the pointer a value that is not zero, that JSON does not lose,
// and whose JSON is not obvious: two elements in each list and map, escapes in texts. A structure within
// itself is left out. Set panics for a type of which it knows no value.
func Set(pointer any) {
	fill(reflect.ValueOf(pointer).Elem(), map[reflect.Type]bool{})
}

func fill(v reflect.Value, within map[reflect.Type]bool) {
	if within[structureOf(v.Type())] || setOwn(v) {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		within[v.Type()] = true
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(v.Field(i), within)
			}
		}
		delete(within, v.Type())
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), within)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i), within)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for _, key := range []string{"key", "X-<Odd> ü"} {
			element := reflect.New(v.Type().Elem()).Elem()
			fill(element, within)
			v.SetMapIndex(reflect.ValueOf(key).Convert(v.Type().Key()), element)
		}
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(-12_345)
	case reflect.Float64:
		v.SetFloat(0.375)
	default:
		panic("filled: no value for " + v.Type().String())
	}
}

// structureOf returns the structure of which there are values in a value of the type, or the type
// itself.
func structureOf(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	return t
}

// setOwn sets a value whose type has JSON of its own, and reports whether it is one.
func setOwn(v reflect.Value) bool {
	switch value := v.Addr().Interface().(type) {
	case *json.RawMessage:
		*value = json.RawMessage(`{"n":1.10}`)
	case *latch.Time:
		*value = instant
	case *latch.Duration:
		*value = latch.Duration(90 * time.Second)
	case *latch.StatusCode:
		*value = 404
	case *latch.SequenceJob: // is either this or a job
		value.Registered = "other"
	default:
		return false
	}
	return true
}
