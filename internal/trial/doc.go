// Package trial is the run in which a webhook is tried: which hook is meant
// (hook.go), the variables that its templates and expressions would see, of a run
// that took place or is made up (variables.go), the delivery that it would be
// (request.go), and what of it can be shown without secrets (preview.go). The
// command webhook test, the tests of rules, and the API's preview and test of a
// webhook stand on it.
//
// What it may not know: files, printing, Temporal.
//
// Where to start: [File.Find], [Hook.Variables] and [PreviewOf].
package trial
