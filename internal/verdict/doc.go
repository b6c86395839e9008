// Package verdict asks a hook's expressions about its record: first what the
// result is, then whether the release is to be rolled back, then whether it is
// to be stopped (contract, "Decisions").
//
// It knows neither Temporal nor HTTP. A verdict is computed once, in an
// activity, and recorded; start reading at [Ask].
package verdict
