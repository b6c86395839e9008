package fields

import (
	"maps"
	"reflect"
)

// Detach copies everything that contains the fields of a structure (see [Of]), so that they can be
// set without changing the structure it was copied from. The rest stays shared.
func Detach[T any](structure *T) {
	cloneIn(reflect.ValueOf(structure).Elem())
}

// cloneIn copies a value as deep as it contains fields.
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
			return // JSON is only replaced as a whole
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
