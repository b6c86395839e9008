package fields

import (
	"maps"
	"reflect"
)

// Detach copies what the fields of a structure, as [Of] returns them, stand in, so that they can be set
// without changing what the structure was copied from. All else stays shared.
func Detach[T any](structure *T) {
	cloneIn(reflect.ValueOf(structure).Elem())
}

// cloneIn makes a value its own as deep as there are fields in it.
func cloneIn(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for _, part := range planOf(v.Type()).parts {
			cloneIn(v.Field(part.index))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			own := reflect.New(v.Type().Elem())
			own.Elem().Set(v.Elem())
			cloneIn(own.Elem())
			v.Set(own)
		}
	case reflect.Slice:
		if v.Type() == rawType || v.Len() == 0 {
			return // JSON is set as a whole
		}
		own := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(own, v)
		for i := range own.Len() {
			cloneIn(own.Index(i))
		}
		v.Set(own)
	case reflect.Map:
		if texts, is := v.Interface().(map[string]string); is {
			v.Set(reflect.ValueOf(maps.Clone(texts)))
		}
	}
}
