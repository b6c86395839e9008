package fieldstest

import (
	"encoding/json"
	"reflect"
	"strconv"

	"github.com/latch-run/latch/internal/fields"
)

// Full returns a value in which each text that has a role stands as text returns it, by the field's path
// and its role: one element of each list, under the key "X-1" of each map, a JSON string of what is JSON.
// An empty text is left out. All else is the zero value. A structure within itself is left out.
func Full[T any](text func(path string, role fields.Role) string) T {
	var made T
	fill(reflect.ValueOf(&made).Elem(), fields.Unmarked, map[reflect.Type]bool{})
	for _, field := range fields.Of(&made) {
		given := text(field.Path, field.Role)
		if field.IsJSON() && given != "" {
			given = strconv.Quote(given)
		}
		field.Set(given)
	}
	return made
}

// fill puts a text wherever there can be one that has a role.
func fill(v reflect.Value, role fields.Role, within map[reflect.Type]bool) {
	switch t := v.Type(); {
	case v.Kind() == reflect.Struct:
		if within[t] {
			return
		}
		within[t] = true
		for i := range v.NumField() {
			if tag, err := fields.TagOf(t.Field(i)); err == nil && t.Field(i).IsExported() && tag.Role != fields.Plain {
				fill(v.Field(i), tag.Role, within)
			}
		}
		delete(within, t)
	case v.Kind() == reflect.Pointer && t.Elem().Kind() == reflect.Struct:
		v.Set(reflect.New(t.Elem()))
		fill(v.Elem(), role, within)
	case t == reflect.TypeFor[json.RawMessage]() && role > fields.Plain:
		v.SetBytes([]byte(`"x"`))
	case v.Kind() == reflect.Slice:
		v.Set(reflect.MakeSlice(t, 1, 1))
		fill(v.Index(0), role, within)
	case v.Kind() == reflect.Map && role > fields.Plain:
		v.Set(reflect.MakeMap(t))
		v.SetMapIndex(reflect.ValueOf("X-1"), reflect.ValueOf("x"))
	case v.Kind() == reflect.String && role > fields.Plain && role != fields.MediaType:
		v.SetString("x")
	}
}
