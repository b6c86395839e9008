// Package masktest has what tests of masking share: how receivers write a text
// that they echo. Start reading at [Encodings].
package masktest
