// Package piecetest reads pages as a browser does, for the tests of the pages and
// of what they are made of. It may not know what a page is about. Start reading
// at [Elements].
package piecetest
