package expr

import (
	"cmp"
	"maps"
	"slices"

	"github.com/google/cel-go/common/containers"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/interpreter"
)

// adapter converts decoded JSON to CEL values, one level at a time, when it is accessed.
type adapter struct{}

// qualifiers looks up numbers in brackets.
var qualifiers = interpreter.NewAttributeFactory(containers.DefaultContainer, adapter{}, types.NewEmptyRegistry())

// NativeToValue implements [types.Adapter].
func (a adapter) NativeToValue(value any) ref.Val {
	switch v := value.(type) {
	case ref.Val:
		return v
	case string:
		return types.String(v)
	case bool:
		return types.Bool(v)
	case []any:
		return &array{Lister: types.NewDynamicList(a, v), items: v}
	case map[string]any:
		return &object{Mapper: types.NewStringInterfaceMap(a, v), fields: v}
	default:
		return types.DefaultTypeAdapter.NativeToValue(v)
	}
}

// array is a JSON array.
type array struct {
	traits.Lister
	items []any
}

func (a *array) IsZeroValue() bool { return len(a.items) == 0 }

// object is a JSON object, iterated in the order of its keys.
type object struct {
	traits.Mapper
	fields map[string]any
}

func (o *object) IsZeroValue() bool { return len(o.fields) == 0 }

func (o *object) Iterator() traits.Iterator {
	keys := slices.Sorted(maps.Keys(o.fields))
	return types.NewStringList(adapter{}, keys).Iterator()
}

// literal is a map written in an expression, iterated in the order of its keys.
type literal struct {
	traits.Mapper
}

func (l literal) IsZeroValue() bool { return l.Size() == types.IntZero }

func (l literal) Iterator() traits.Iterator {
	return types.NewRefValList(adapter{}, sortedKeys(l.Mapper)).Iterator()
}

// sortedKeys orders the keys of a map: by type, and within a type by value.
func sortedKeys(m traits.Mapper) []ref.Val {
	var keys []ref.Val
	for it := m.Iterator(); it.HasNext() == types.True; {
		keys = append(keys, it.Next())
	}
	slices.SortFunc(keys, func(a, b ref.Val) int {
		if byType := cmp.Compare(a.Type().TypeName(), b.Type().TypeName()); byType != 0 {
			return byType
		}
		if comparer, ok := a.(traits.Comparer); ok {
			if order, ok := comparer.Compare(b).(types.Int); ok {
				return int(order)
			}
		}
		return 0
	})
	return keys
}

// ordered makes a map literal iterate in order, and returns any other value unchanged. Keys that
// are whole doubles become ints, because CEL's maps have no double keys.
func ordered(value ref.Val) ref.Val {
	switch v := value.(type) {
	case *object, literal:
		return value
	case traits.Mapper:
		return withWholeKeys(v)
	default:
		return value
	}
}

func withWholeKeys(m traits.Mapper) ref.Val {
	fields := make(map[ref.Val]ref.Val, sizeOf(m))
	changed := false
	for it := m.Iterator(); it.HasNext() == types.True; {
		given := it.Next()
		key := wholeKey(given)
		if _, twice := fields[key]; twice {
			return types.NewErr("the map has the key %v twice", key.Value())
		}
		fields[key] = m.Get(given)
		changed = changed || key != given
	}
	if !changed {
		return literal{Mapper: m}
	}
	return literal{Mapper: types.NewRefValMap(adapter{}, fields)}
}

func wholeKey(key ref.Val) ref.Val {
	if n, ok := key.(number); ok {
		key = n.plain
	}
	if d, ok := key.(types.Double); ok {
		if whole, isWhole := asInt(d); isWhole {
			return whole
		}
	}
	return key
}
