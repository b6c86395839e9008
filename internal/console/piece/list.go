package piece

import "fmt"

// A List shows one part of a list that the API pages.
type List struct {
	// ID is the element's, unique in the page. Name is what a screen reader
	// calls the list.
	ID, Name string
	Columns  []string
	Rows     []Row
	// Empty is what stands there where there are no rows.
	Empty string
	// Count says how many there are; see [Count].
	Count string
	// First and Next lead to the first part and to the next one; "" for none.
	First, Next string
	// Lag says, in a sentence, how late what is listed may be.
	Lag string
}

// A Row is one entry. The keys j and k move from row to row; Enter follows the
// first link in it.
type Row struct {
	// Key tells rows apart when a list changes by itself; unique in the list.
	Key string
	// Cells stand below the list's columns.
	Cells []Cell
}

// Count says how many entries a part shows, and whether there are more: "12 of
// 40", where the API counts, which it says with a total of 0 or more; else "12",
// or "100 or more".
func Count(shown, total int, more bool) string {
	switch {
	case total >= 0 && shown < total:
		return fmt.Sprintf("%d of %d", shown, total)
	case total >= 0:
		return fmt.Sprint(total)
	case more:
		return fmt.Sprintf("%d or more", shown)
	default:
		return fmt.Sprint(shown)
	}
}

// Unknown is the total of what the API does not count.
const Unknown = -1
