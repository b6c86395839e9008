package protocol

// RateQueue returns the name of the task queue from which attempts with a rate are made, for
// the runs of a task queue. Temporal limits its rate for each webhook, across all workers.
func RateQueue(taskQueue string) string { return taskQueue + "-at-rate" }

// RateUnit is the default rate of a fairness key on that queue, in tasks per second. Temporal
// multiplies it by the weight of a task, which is the rate of its webhook.
const RateUnit = 1
