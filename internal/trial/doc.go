// Package trial sets up the run in which a webhook is tried: the hook
// (hook.go), the variables that its templates and expressions would see in a
// real or made-up run (variables.go), the delivery (request.go), and what can
// be shown of it without secrets (preview.go). The command webhook test, the
// tests of rules, and the API's preview and test of a webhook use it.
//
// What it may not know: files, printing, Temporal.
//
// Where to start: [File.Find], [Hook.Variables] and [PreviewOf].
package trial
