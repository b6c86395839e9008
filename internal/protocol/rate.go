package protocol

// RateQueue returns the name of the task queue from which attempts with a rate are made, for
// the runs of a task queue. Temporal limits its rate for each webhook, across all workers.
func RateQueue(taskQueue string) string { return taskQueue + "-at-rate" }
