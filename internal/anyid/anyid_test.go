package anyid

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// The header is removed if gRPC would reject the call because of it, and nothing else is.
func TestLeaveOut(t *testing.T) {
	t.Parallel()
	for value, kept := range map[string]bool{
		"workflow:job-1/a b~": true, "workflow:größe": false, "workflow:\xff": false, "workflow:a\nb": false, "workflow:\x7f": false, "": true,
	} {
		before := metadata.Pairs("temporal-namespace", "default")
		if value != "" {
			before.Set(header, value)
		}
		var sent metadata.MD
		invoke := func(ctx context.Context, _ string, _, _ any, _ *grpc.ClientConn, _ ...grpc.CallOption) error {
			sent, _ = metadata.FromOutgoingContext(ctx)
			return nil
		}
		require.NoError(t, leaveOut(metadata.NewOutgoingContext(t.Context(), before), "m", nil, nil, nil, invoke))
		expected := before.Copy()
		if !kept {
			expected.Delete(header)
		}
		require.Equal(t, expected, sent, "%q", value)
	}
}
