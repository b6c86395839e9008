package piece

import "fmt"

// A List shows one page of a list.
type List struct {
	// ID is the id of the element, unique in the page. Name is what a screen
	// reader calls the list.
	ID, Name string
	Columns  []string
	Rows     []Row
	// Empty is the text shown if there are no rows.
	Empty string
	// Count says how many entries there are; see [Count].
	Count string
	// First and Next are the addresses of the first page and the next; "" if
	// there is none.
	First, Next string
	// Lag is a sentence that says how far the list may lag behind.
	Lag string
}

// A Row is one entry. The keys j and k move from row to row; Enter follows the
// first link in it.
type Row struct {
	// Key identifies the row when the list updates; unique in the list.
	Key string
	// Cells has one cell for each column of the list.
	Cells []Cell
}

// Count says how many entries are shown of how many: "12 of 40" if the total is
// known, which is then 0 or more; otherwise "12", or "100 or more" if there are
// more.
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

// Unknown is the total if the API does not count.
const Unknown = -1
