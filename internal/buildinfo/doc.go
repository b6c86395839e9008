// Package buildinfo says which build of Latch a program is: its version, the commit
// and the time of that commit, as Go's tools note them in a program that is built in
// a git checkout. Start reading at [Read].
package buildinfo
