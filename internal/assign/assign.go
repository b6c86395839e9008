package assign

// Fill gives people to groups of places, and returns how many each group gets. sizes has the number
// of places of each group; may reports whether a person, by index, may take a place of a group. As
// many places as possible are filled. Among the ways to do so it takes the same one each time, in
// which earlier people and earlier groups come first.
func Fill(sizes []int, people int, may func(person, group int) bool) []int {
	f := &filling{sizes: sizes, may: may, held: make([][]int, len(sizes))}
	for person := range people {
		f.place(person, make([]bool, len(sizes)))
	}
	filled := make([]int, len(sizes))
	for group, held := range f.held {
		filled[group] = len(held)
	}
	return filled
}

// A filling is a matching under way, by augmenting paths (Kuhn's algorithm).
type filling struct {
	sizes []int
	may   func(person, group int) bool
	// held are the people in the places of each group.
	held [][]int
}

// place finds a place for a person, by moving others if need be, and reports whether there is one.
// seen are the groups that were tried.
func (f *filling) place(person int, seen []bool) bool {
	for group := range f.sizes {
		if seen[group] || !f.may(person, group) {
			continue
		}
		seen[group] = true
		if len(f.held[group]) < f.sizes[group] {
			f.held[group] = append(f.held[group], person)
			return true
		}
		for i, other := range f.held[group] {
			if f.place(other, seen) {
				f.held[group][i] = person
				return true
			}
		}
	}
	return false
}
