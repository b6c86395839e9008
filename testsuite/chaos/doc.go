// Command chaos breaks a cluster of Latch's on purpose while it works, and then
// lets an accountant compare what every receiver got with what every run's
// history says.
//
// A seed decides what is started, how receivers behave and what is killed in
// which order; when a kill hits is up to the machine.
//
// Start reading at [run]. plan.go says what is started and what must come of it,
// receivers.go how receivers misbehave, faults.go what is killed, and
// accountant.go what is compared.
package main
