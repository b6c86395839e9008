// Package codecserver answers Temporal UI and the temporal command, which ask it
// to decrypt and encrypt payloads (POST …/decode and …/encode), so that people
// read what Temporal itself cannot.
//
// Whoever may call it reads everything that the keys open. So it lets in web
// pages of the origins that it was told, and without tokens only requests on
// this machine. It knows HTTP and a payload codec; it does not know Temporal's
// server or what the payloads say. Start reading at [New].
package codecserver
