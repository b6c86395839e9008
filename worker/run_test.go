package main

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
)

// A worker that cannot reach Temporal at its start names the address.
func TestTemporalIsAwayAtTheStart(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = dial(ctx, client.Options{HostPort: address, Namespace: "shop"})
	require.ErrorContains(t, err, "connect to Temporal at "+address+`, namespace "shop": `)
}

// At its start the worker warns of secrets that may be sent to any host. It names them and the
// settings that prevent this.
func TestWarnOfSecrets(t *testing.T) {
	t.Parallel()
	for name, each := range map[string]struct {
		unbound []string
		says    []string
	}{
		"none": {},
		"two": {[]string{"board", "on_call"},
			[]string{"level=WARN", `secrets="[board on_call]"`, "LATCH_SECRETS_HOSTS", "LATCH_SECRETS_HOSTS_REQUIRED=true"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			warnOfSecrets(slog.New(slog.NewTextHandler(&out, nil)), each.unbound)
			for _, text := range each.says {
				require.Contains(t, out.String(), text)
			}
			require.Equal(t, each.says == nil, out.Len() == 0)
		})
	}
}
