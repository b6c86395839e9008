// Package activities contains Latch's activities. They are thin wrappers of lower packages,
// whose errors failure.go converts to Temporal's.
//
// A task queue must serve latch.SendWebhook, latch.HTTP and latch.Command. The internal
// activities answer a run's questions about randomness, expressions and the environment, and
// run as local activities. Start reading at [Activities].
package activities
