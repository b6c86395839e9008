package main

import "slices"

// allRows returns the rows in the order in which they are measured and
// reported, with the numbers that the options give.
func allRows(o options) []row {
	return slices.Concat(jobRows(), emissionRows(), fanoutRows(), eventRows(), steadyRows(), lockRows(), historyRows(),
		sequenceRows(o), sendRows(), slowRows(), waitingRows(o))
}
