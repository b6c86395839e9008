package main

import "slices"

// allRows returns the rows in the order in which they are measured and
// reported.
func allRows() []row {
	return slices.Concat(jobRows(), emissionRows(), fanoutRows(), eventRows(), steadyRows(), lockRows(), historyRows(), sendRows(), slowRows())
}
