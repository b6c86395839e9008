package wire_test

import (
	"crypto/tls"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch/internal/wire"
)

func TestOnlyTLSIsCompressed(t *testing.T) {
	t.Parallel()
	var plain client.Options
	wire.Configure(&plain)
	require.Equal(t, &client.GrpcCompressionNone{}, plain.ConnectionOptions.GrpcCompression)

	encrypted := client.Options{ConnectionOptions: client.ConnectionOptions{TLS: &tls.Config{}}}
	wire.Configure(&encrypted)
	require.Nil(t, encrypted.ConnectionOptions.GrpcCompression, "the SDK's default")
}
