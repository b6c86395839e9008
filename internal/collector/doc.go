// Package collector sets Go's garbage collector for Latch's own processes. Start
// with [Set].
package collector
