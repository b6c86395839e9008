package freeport

import (
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEachPortIsGivenOnce(t *testing.T) {
	seen := map[int]bool{}
	for range 3 * blockSize {
		port, err := Get()
		require.NoError(t, err)
		require.False(t, seen[port], port)
		require.True(t, first <= port && port <= last, port)
		seen[port] = true
	}
	require.GreaterOrEqual(t, len(given.claims), 3)
}

// A block whose first port is in use belongs to another process. A single port may be in use
// too.
func TestWhatOthersListenOnIsLeftAlone(t *testing.T) {
	port, err := Get()
	require.NoError(t, err)
	taken, err := listen(port + 1)
	require.NoError(t, err)
	defer func() { require.NoError(t, taken.Close()) }()
	next, err := Get()
	require.NoError(t, err)
	require.NotEqual(t, port+1, next)

	for _, claimed := range given.claims {
		_, err := net.Listen("tcp", claimed.Addr().String())
		require.Error(t, err, "claims last as long as the process")
	}
}

func TestAddressIsOnLoopback(t *testing.T) {
	found, err := Address()
	require.NoError(t, err)
	host, _, err := net.SplitHostPort(found)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1", host)
}
