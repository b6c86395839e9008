package expr

import (
	"slices"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// sortList is sort(): by plain numbers, what keeps its digits.
func sortList(m *meter, args []ref.Val, impl implementation) ref.Val {
	list, ok := args[0].(traits.Lister)
	if !ok {
		return impl(args)
	}
	return sortBy(m, list, list)
}

// sortByKeys is what the macro sortBy() becomes.
func sortByKeys(m *meter, args []ref.Val, impl implementation) ref.Val {
	list, listOK := args[0].(traits.Lister)
	keys, keysOK := args[1].(traits.Lister)
	if !listOK || !keysOK || sizeOf(list) != sizeOf(keys) {
		return impl(args)
	}
	return sortBy(m, list, keys)
}

// sortBy orders a list by keys of one type, or of several numeric ones; equal ones keep their order.
func sortBy(m *meter, list, keys traits.Lister) ref.Val {
	const comparisons = 20 // of each element, in the longest list that can be
	before := m.left
	m.chargeTimes(sizeOf(list), elementWork)
	plain := m.plain(keys).(traits.Lister)
	m.chargeTimes(before-m.left, comparisons)

	type entry struct{ key, value ref.Val }
	entries := make([]entry, sizeOf(list))
	for i := range entries {
		entries[i] = entry{key: plain.Get(types.Int(i)), value: list.Get(types.Int(i))}
	}
	var failed ref.Val
	slices.SortStableFunc(entries, func(a, b entry) int {
		order, err := compare(a.key, b.key)
		if err != nil {
			failed = err
		}
		return order
	})
	if len(entries) == 1 {
		_, failed = compare(entries[0].key, entries[0].key)
	}
	if failed != nil {
		return failed
	}
	sorted := make([]ref.Val, len(entries))
	for i, e := range entries {
		sorted[i] = e.value
	}
	return types.NewRefValList(adapter{}, sorted)
}

func compare(a, b ref.Val) (int, ref.Val) {
	if comparer, ok := a.(traits.Comparer); ok {
		if order, ok := comparer.Compare(b).(types.Int); ok {
			return int(order), nil
		}
	}
	return 0, types.NewErr("cannot sort by %s and %s", a.Type().TypeName(), b.Type().TypeName())
}
