package delivery

import (
	"crypto/tls"
	"errors"
	"net"
	"strings"
)

// renegotiationRefused reports whether the connection failed because the receiver asked for a
// TLS renegotiation that it does not get. It would ask again at every other attempt. crypto/tls
// has no type for this error.
func renegotiationRefused(err error) bool {
	var local *net.OpError
	return errors.As(err, &local) && local.Op == "local error" && strings.Contains(local.Err.Error(), "no renegotiation")
}

// whyRenegotiationRefused says how to fix it.
func whyRenegotiationRefused(config *tls.Config) string {
	if config != nil && config.Renegotiation != tls.RenegotiateNever {
		return "the receiver asked to renegotiate TLS again after it had got the client's certificate, which is allowed once"
	}
	return "the receiver asked to renegotiate TLS, as servers do to get a client's certificate: give tls.client_cert and tls.client_key if it takes one"
}
