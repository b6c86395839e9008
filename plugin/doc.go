// Package plugin adds Latch to anybody's Temporal worker.
//
//	w := worker.New(c, "my-queue", worker.Options{
//		Plugins: []worker.Plugin{plugin.New(plugin.Options{})},
//	})
//
// In steps:
//
//  1. Give the plugin to the worker (or to its client, or to both: it registers
//     once).
//  2. Start jobs, releases and emissions by name on the worker's task queue:
//     latch.JobRun, latch.Release, latch.Emit.
//  3. Have the events of a job fire around workflows that exist: [Options].Lifecycle.
//  4. In a workflow of your own, call workflows.Gate or workflows.Fire.
//
// The zero [Options] are the safe ones: no secrets, no addresses but public
// ones, no commands. The plugin leaves data converter, failure converter and
// interceptors as they are; it adds one interceptor, which does nothing in
// workflows that call neither Gate nor Fire, unless a [Lifecycle] selects them.
// It works in replayers and in the
// SDK's test environments too, for which package latchtest plays the receivers.
//
// Give it to the client where ids may have letters beyond ASCII: the SDK's own
// client cannot answer for runs with such a workflow id.
package plugin
