// Package voucher proves to a run who sent it a message, and who started it. Whoever may send
// messages to Temporal can put any name into them; only the API can make a voucher, since it and
// the workers share a key.
//
// A voucher is bound to what it is about: to a removal of a lock with all that it says, whose
// token is random, or to a run's workflow id and input.
//
// What it may not know: which votes count, Temporal, HTTP. Start reading at voucher.go.
package voucher
