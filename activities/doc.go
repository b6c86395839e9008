// Package activities holds Latch's activities: thin wrappers of the packages
// below, whose errors failure.go maps to Temporal's.
//
// latch.SendWebhook, latch.HTTP and latch.Command are what a task queue
// serves; the internal ones answer a run's questions about chance, expressions
// and surroundings, and run as local activities. Start reading at [Activities].
package activities
