// Package egress decides which addresses may be called, and connects to them:
// public unicast ones, and those that LATCH_EGRESS_ALLOW admits (contract,
// "Responses"). An address is checked when it is dialled, after DNS, for every
// connection, whichever way its host is spelled.
//
// It may not know what is sent, nor secrets; the transports that it makes take
// TLS settings as they are given. Start reading at [Guard.Dial]; [Classify] is
// the classification of addresses, [CanonicalHost] the one spelling of a host.
package egress
