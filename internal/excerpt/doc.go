// Package excerpt truncates texts to a length in bytes, at whole characters, for errors,
// records and pages. Start reading at [Of].
package excerpt
