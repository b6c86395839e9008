package latch_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/fields"
)

// A key of an input is compiled, rendered, masked and described by the role that its tag says. So each
// text says one, if only that it is taken as it is.
func TestEveryTextOfAnInputSaysItsRole(t *testing.T) {
	t.Parallel()
	inputs := []any{&latch.Job{}, &latch.Release{}, &latch.Emission{}, &latch.RegisteredWebhook{}}
	require.Empty(t, fields.Check(inputs...))
	require.Subset(t, fields.Structures(inputs...), fields.Structures(&latch.Webhook{}, &latch.Task{}, &latch.Schedule{}))
}
