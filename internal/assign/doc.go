// Package assign finds out how many places people can fill, each of them one place at most.
//
// It may not know what the places are for. Start reading at assign.go.
package assign
