package anyid

import (
	"context"
	"slices"
	"strings"

	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// header is where the SDK repeats the id that a call is about, as a hint to
// proxies. Servers go by the call itself.
const header = "temporal-resource-id"

// Configure has a client that is made with the options take any id.
func Configure(options *client.Options) {
	connection := &options.ConnectionOptions
	// The SDK's own interceptors come before those of its users, so the header
	// is there already.
	connection.DialOptions = append(slices.Clip(connection.DialOptions), grpc.WithChainUnaryInterceptor(leaveOut))
}

// leaveOut sends a call without the header where gRPC would refuse it.
func leaveOut(ctx context.Context, method string, request, reply any, connection *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	if sent, _ := metadata.FromOutgoingContext(ctx); slices.ContainsFunc(sent.Get(header), isUnprintable) {
		delete(sent, header) // a copy
		ctx = metadata.NewOutgoingContext(ctx, sent)
	}
	return invoke(ctx, method, request, reply, connection, options...)
}

// isUnprintable tells what gRPC does not take as a header's value.
func isUnprintable(value string) bool {
	return strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' })
}
