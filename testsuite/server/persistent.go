package server

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/latch-run/latch/internal/hang"
	"github.com/latch-run/latch/internal/overload"
)

const (
	// sdkPatience is how long the SDK waits for an answer, even if its caller's
	// context allows more.
	sdkPatience = 10 * time.Second

	// tryPatience is how long a persistent client waits before it retries. A
	// query that was handed to a worker which then died is never answered.
	tryPatience = 30 * time.Second
)

// Persistent returns the options of a client for tests. The SDK limits a call
// to ten seconds, which a busy machine may exceed; this client retries until
// [hang.Limit] has passed. A context with a shorter deadline than the SDK's
// ends the call, and so does cancelling it.
func Persistent(options client.Options) client.Options {
	connection := &options.ConnectionOptions
	connection.GetSystemInfoTimeout = hang.Limit
	connection.DialOptions = append(slices.Clone(connection.DialOptions), grpc.WithChainUnaryInterceptor(persist))
	return options
}

// persist repeats a call that was not answered in time, and one that was abandoned as a worker stopped.
func persist(ctx context.Context, method string, request, reply any, connection *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	deadline, bounded := ctx.Deadline()
	if !bounded || time.Until(deadline) < sdkPatience-time.Second || !repeatable(method) {
		return invoke(ctx, method, request, reply, connection, options...)
	}
	for end := time.Now().Add(hang.Limit); ; {
		err := try(ctx, func(ctx context.Context) error {
			return invoke(ctx, method, request, reply, connection, options...)
		})
		if status.Code(err) != codes.DeadlineExceeded && !overload.IsAbandoned(serviceerror.FromStatus(status.Convert(err))) ||
			errors.Is(ctx.Err(), context.Canceled) || !time.Now().Before(end) {
			return err
		}
	}
}

// try makes one call with its own deadline instead of the SDK's.
func try(ctx context.Context, call func(context.Context) error) error {
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), tryPatience)
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		if errors.Is(ctx.Err(), context.Canceled) {
			cancel()
		}
	})
	defer stop()
	return call(own)
}

// repeatable reports whether a call may be made twice. Calls of clients contain
// a request id; polls and responses of workers do not.
func repeatable(method string) bool {
	name := method[strings.LastIndexByte(method, '/')+1:]
	for _, ofWorkers := range []string{"Poll", "Respond", "Record", "Shutdown"} {
		if strings.HasPrefix(name, ofWorkers) {
			return false
		}
	}
	return true
}
