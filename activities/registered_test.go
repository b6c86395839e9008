package activities

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/latch-run/latch/internal/registry"
)

// Contract, Registered webhook: a run uses what was registered when it was started, or later.
// One that was started with a delay begins after it.
func TestARunGoesByAListThatIsNoOlderThanItself(t *testing.T) {
	t.Parallel()
	require.Equal(t, 40*time.Millisecond, listAge(40*time.Millisecond))
	require.Equal(t, time.Second, listAge(time.Second))
	require.Zero(t, listAge(time.Second+1))
	require.Zero(t, listAge(0))
	require.Zero(t, listAge(time.Hour))
}

func TestUnreadRegistryIsAskedAgainUnlessThatIsNoCure(t *testing.T) {
	for _, tt := range []struct {
		name  string
		err   error
		final bool
	}{
		{"out of reach", serviceerror.NewUnavailable("no connection"), false},
		{"no answer in time", serviceerror.NewDeadlineExceeded("later"), false},
		{"the call's own limit", context.DeadlineExceeded, false},
		{"overloaded", &serviceerror.ResourceExhausted{Message: "busy"}, false},
		{"a fault of the server's", serviceerror.NewInternal("shard moved"), false},
		{"unreadable", errors.New("payload codec: key 7 is not there"), false},
		{"not allowed", serviceerror.NewPermissionDenied("no", ""), true},
		{"not known", status.Error(codes.Unauthenticated, "who?"), true},
		{"a server without schedules", serviceerror.NewUnimplemented("no schedules"), true},
		{"another workflow in its place", &registry.NamesakeError{}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := registryError(fmt.Errorf("find the registered webhooks: %w", tt.err))
			require.ErrorIs(t, err, tt.err)
			var application *temporal.ApplicationError
			require.Equal(t, tt.final, errors.As(err, &application) && application.NonRetryable())
		})
	}
}
