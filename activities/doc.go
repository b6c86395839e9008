// Package activities holds Latch's activities: thin ones over the rooms below,
// which map what came of them to Temporal, once, in failure.go.
//
// latch.SendWebhook, latch.HTTP and latch.Command are what a task queue
// serves; the internal ones answer a run's questions about chance, expressions
// and surroundings, and run as local activities. Start reading at [Activities].
package activities
