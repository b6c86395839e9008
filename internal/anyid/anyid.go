package anyid

import (
	"context"
	"slices"
	"strings"

	"go.temporal.io/sdk/client"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// header is where the SDK repeats the id of a call, as a hint to proxies. Servers use the call
// itself.
const header = "temporal-resource-id"

// Configure makes a client with the options accept any id.
func Configure(options *client.Options) {
	connection := &options.ConnectionOptions
	// The SDK's own interceptors run before the user's, so the header is already set.
	connection.DialOptions = append(slices.Clip(connection.DialOptions), grpc.WithChainUnaryInterceptor(leaveOut))
}

// leaveOut removes the header if gRPC would reject it.
func leaveOut(ctx context.Context, method string, request, reply any, connection *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption) error {
	if sent, _ := metadata.FromOutgoingContext(ctx); slices.ContainsFunc(sent.Get(header), isUnprintable) {
		delete(sent, header) // a copy
		ctx = metadata.NewOutgoingContext(ctx, sent)
	}
	return invoke(ctx, method, request, reply, connection, options...)
}

// isUnprintable reports whether gRPC would reject a header's value.
func isUnprintable(value string) bool {
	return strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' })
}
