package main

import "slices"

// allRows are the rows in the order in which they are measured and reported.
func allRows() []row {
	return slices.Concat(jobRows(), emissionRows(), fanoutRows(), eventRows(), steadyRows(), lockRows(), historyRows(), sendRows(), slowRows())
}
