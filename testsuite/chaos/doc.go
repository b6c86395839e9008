// Command chaos breaks a cluster of Latch's on purpose while it works. Then an accountant
// compares what every receiver got with every run's history.
//
// A seed determines the runs, the behaviour of the receivers, and the order of the faults. The
// exact moment of a fault depends on the machine.
//
// Start reading at [run]. plan.go defines the runs and their expected results, receivers.go the
// receivers' misbehaviour, faults.go the faults, and accountant.go the comparison.
package main
