package main

import "slices"

// allRows are the rows in the order in which they are measured and reported. The
// slow receiver comes last: its origin is known as slow from then on, and what
// goes there skips volleys.
func allRows() []row {
	return slices.Concat(jobRows(), emissionRows(), fanoutRows(), eventRows(), steadyRows(), lockRows(), historyRows(), sendRows(), slowRows())
}
