// Package hang keeps tests from depending on how fast the machine is.
//
// A test waits for an event, never for a time. [Limit] bounds every such wait,
// so that a test that hangs ends with a message; it is so long that a machine
// with other work never reaches it. [CPUTime] measures work where a test must
// bound it: time that other processes take does not count.
//
// Importing the package also turns off the deadlock detector of Temporal's SDK
// in the test's process. The detector fails a workflow task that runs for more
// than a second, which workflow code that is not at fault may need on a busy
// machine.
package hang
