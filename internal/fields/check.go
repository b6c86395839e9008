package fields

import (
	"fmt"
	"reflect"
	"slices"
)

// Structures returns all structure types that the types of roots contain, including these
// themselves.
func Structures(roots ...any) []reflect.Type {
	types := make([]reflect.Type, len(roots))
	for i, root := range roots {
		types[i] = structureIn(reflect.TypeOf(root))
	}
	return structuresIn(types...)
}

func structuresIn(structures ...reflect.Type) []reflect.Type {
	found := slices.Clone(structures)
	for at := 0; at < len(found); at++ {
		for i := range found[at].NumField() {
			field := found[at].Field(i)
			if inner := structureIn(field.Type); field.IsExported() && inner != nil && !slices.Contains(found, inner) {
				found = append(found, inner)
			}
		}
	}
	return found
}

// Check returns the problems with the tags of all structures that the types of roots contain:
// strings without a role, and tags that cannot be parsed or have a default of the wrong type.
func Check(roots ...any) []string {
	var wrong []string
	for _, structure := range Structures(roots...) {
		for i := range structure.NumField() {
			field := structure.Field(i)
			tag, err := TagOf(field)
			name := structure.Name() + "." + field.Name
			if _, err := parsedDefault(field); err != nil {
				wrong = append(wrong, fmt.Sprintf("%s: %v", name, err))
			}
			switch {
			case !field.IsExported():
			case err != nil:
				wrong = append(wrong, fmt.Sprintf("%s: %v", name, err))
			case field.Type.Kind() == reflect.Map && structureIn(field.Type.Elem()) != nil:
				wrong = append(wrong, name+": a map of structures is not gone through")
			case tag.Role == Unmarked && isText(field.Type):
				wrong = append(wrong, name+": says no role; one that is taken as it is says `latch:\"plain\"`")
			}
		}
	}
	return wrong
}
