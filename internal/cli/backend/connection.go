package backend

import (
	"context"
	"log/slog"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"

	"github.com/latch-run/latch/codec"
	"github.com/latch-run/latch/internal/anyid"
	"github.com/latch-run/latch/internal/cli/failure"
)

// connectTimeout bounds the wait for a server that may be unreachable.
const connectTimeout = 10 * time.Second

// A Connection is a connected client, with data that the client does not expose.
type Connection struct {
	client.Client
	Namespace string
	// DataConverter encodes all payloads.
	DataConverter converter.DataConverter
}

// Dial connects to Temporal as configured by TEMPORAL_… and the profile.
func Dial(ctx context.Context) (*Connection, error) {
	options, err := envconfig.LoadDefaultClientOptions()
	if err != nil {
		return nil, failure.New(failure.Usage, "the connection's settings (TEMPORAL_…, profile): %v", err)
	}
	payloads, err := codec.FromEnvironment()
	if err != nil {
		return nil, failure.OfUsage(err)
	}
	payloads.Configure(&options)
	anyid.Configure(&options)
	options.Logger = sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))
	if options.HostPort == "" {
		options.HostPort = client.DefaultHostPort
	}
	if options.Namespace == "" {
		options.Namespace = client.DefaultNamespace
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	dialled, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, failure.New(failure.Unreachable,
			"cannot reach Temporal at %s (namespace %s): %v; is it running there? TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and TEMPORAL_PROFILE say where it is",
			options.HostPort, options.Namespace, err)
	}
	return &Connection{dialled, options.Namespace, options.DataConverter}, nil
}
