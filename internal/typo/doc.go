// Package typo finds the name that was meant by one that is not known.
//
// It knows nothing but text. Start reading at [Meant].
package typo
