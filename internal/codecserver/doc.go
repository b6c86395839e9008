// Package codecserver decrypts and encrypts payloads for Temporal UI and the
// temporal command (POST …/decode and …/encode), so that people can read what
// Temporal itself cannot.
//
// Any caller can read everything that the keys decrypt. The server therefore
// accepts only web pages of the configured origins and, without tokens, only
// requests from this machine. It knows HTTP and a payload codec, but neither
// Temporal's server nor what the payloads mean. Start reading at [New].
package codecserver
