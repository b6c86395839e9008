// Package egress decides which addresses may be called, and connects to them:
// public unicast addresses, and those allowed by LATCH_EGRESS_ALLOW (contract,
// "Responses"). The address is checked when it is dialled, after DNS, for every
// connection, however the host is spelled.
//
// What it may not know: what is sent, and secrets; its transports use the TLS
// settings they are given. Start reading at [Guard.Dial]; [Classify] classifies
// addresses, [CanonicalHost] normalizes hosts.
package egress
