package issuer

import (
	"errors"
	"fmt"
	"net"
	"net/url"

	"github.com/coreos/go-oidc/v3/oidc"
)

// An Away is the error if the issuer is out of reach, or does not answer as an issuer does. Nothing
// is known about the token then.
type Away struct {
	Issuer string
	Reason error
}

func (e *Away) Error() string { return fmt.Sprintf("the issuer %s: %v", e.Issuer, e.Reason) }

// Unwrap returns the reason.
func (e *Away) Unwrap() error { return e.Reason }

// A Refused is the error for a token, or a login, that is not accepted. Its text is for the caller.
type Refused struct{ Reason string }

func (e *Refused) Error() string { return e.Reason }

func refused(format string, args ...any) error { return &Refused{fmt.Sprintf(format, args...)} }

// withoutBody returns the error of a call without what the issuer answered, which may be long, or
// hold what should not be in a log.
func withoutBody(err error) error {
	var mismatch *oidc.IssuerMismatchError
	var status *statusError
	var call *url.Error
	var network net.Error
	switch {
	case errors.As(err, &mismatch):
		return fmt.Errorf("it calls itself %.200q", mismatch.Discovered)
	case errors.As(err, &status):
		return status
	case errors.As(err, &call):
		return call.Err
	case errors.As(err, &network):
		return network
	default:
		return errors.New("its answer is not the JSON of an issuer")
	}
}

// A statusError is an answer whose status is not 200.
type statusError struct{ status int }

func (e *statusError) Error() string { return fmt.Sprintf("it answered with the status %d", e.status) }
