// Package docshell reads the shell commands of Markdown documents, so that tests can check
// them.
//
// It runs nothing. Start reading at [Commands] and [Calls].
package docshell
