// Package trial makes up the run in which a webhook is tried without one: which hook
// is meant (hook.go), and the variables that its templates and expressions would see
// (variables.go). Webhook test and the tests of rules stand on it.
//
// What it may not know: files, printing, how a delivery is made.
//
// Where to start: [File.Find] and [Hook.Variables].
package trial
