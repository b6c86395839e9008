package delivery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"

	"github.com/latch-run/latch/internal/egress"
	"github.com/latch-run/latch/internal/rehearsal"
)

// failure returns the error of a call without a complete answer. Network errors quote URLs and
// answers, so none is passed on unchanged.
func (s *Sender) failure(ctx, attempt context.Context, c *call, err error) error {
	var refused *egress.AddressError
	var host *egress.HostError
	switch {
	case errors.As(err, &refused):
		return &PermanentError{message: c.tell(refused.Error()), cause: refused}
	case errors.As(err, &host):
		return &PermanentError{message: c.tell(host.Error())}
	case renegotiationRefused(err):
		return permanentf("%s", c.tell(whyRenegotiationRefused(cmp.Or(c.transport, s.transport).TLSClientConfig)))
	case ctx.Err() != nil:
		return &UnreachableError{message: c.tell("ended by the worker before it was answered"), cause: ctx.Err()}
	case errors.Is(context.Cause(attempt), errConnectTimeout):
		return &UnreachableError{message: c.tell(fmt.Sprintf("no connection within %s", s.connect)), Timeout: true}
	case errors.Is(context.Cause(attempt), errAnswerTimeout), errors.Is(err, rehearsal.ErrNoAnswer):
		return &UnreachableError{message: c.tell(fmt.Sprintf("no complete answer within its timeout of %s", c.timeout)), Timeout: true}
	}
	var slow net.Error
	return &UnreachableError{message: c.tell(describe(err)), Timeout: errors.As(err, &slow) && slow.Timeout()}
}

// describe explains the most common network errors.
func describe(err error) string {
	var name *net.DNSError
	var malformed textproto.ProtocolError
	switch {
	case errors.As(err, &name):
		return fmt.Sprintf("the name %s could not be resolved: %s", name.Name, name.Err)
	case errors.As(err, &malformed): // its text quotes the answer
		return "the answer is cut off in its headers, or has a malformed one"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return "the connection was closed before the answer was complete"
	default:
		return err.Error()
	}
}
