// Package typo finds the known name that an unknown one probably stands for.
//
// It only handles text. Start reading at [Meant].
package typo
