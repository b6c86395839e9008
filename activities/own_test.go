package activities

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	taskqueuepb "go.temporal.io/api/taskqueue/v1"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Whether a worker lives is said by the server's clock alone: with this worker's, one that is a few
// minutes ahead would take living workers for dead, and send again what they are sending.
func TestAWorkerLivesByTheServersClock(t *testing.T) {
	t.Parallel()
	server := time.Date(2001, 2, 3, 4, 5, 6, 0, time.UTC) // long ago by this worker's clock
	pollers := func(ago ...time.Duration) (all []*taskqueuepb.PollerInfo) {
		for _, each := range ago {
			all = append(all, &taskqueuepb.PollerInfo{LastAccessTime: timestamppb.New(server.Add(-each))})
		}
		return all
	}
	require.True(t, polled(pollers(time.Minute), server))
	require.True(t, polled(pollers(time.Hour, time.Second), server))
	require.True(t, polled(pollers(-time.Second), server), "it polled since")
	require.False(t, polled(pollers(2*time.Minute), server))
	require.False(t, polled(nil, server))
}
