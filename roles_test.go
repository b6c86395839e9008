package latch_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/fields"
	"github.com/latch-run/latch/internal/fields/fieldstest"
)

// A key of an input is compiled, rendered, masked and described by the role that its tag says. So each
// text says one, if only that it is taken as it is.
func TestEveryTextOfAnInputSaysItsRole(t *testing.T) {
	t.Parallel()
	inputs := []any{&latch.Job{}, &latch.Release{}, &latch.Emission{}, &latch.Gate{}, &latch.RegisteredWebhook{}, &latch.RegisteredWatch{}}
	require.Empty(t, fields.Check(inputs...))
	require.Subset(t, fields.Structures(inputs...), fields.Structures(&latch.Webhook{}, &latch.Task{}, &latch.Schedule{}))
}

// Whatever names a secret is held to what such a name may be, where it stands.
func TestEverySecretsNameIsChecked(t *testing.T) {
	t.Parallel()
	wrong := func(_ string, role fields.Role) string {
		if role.IsSecret() {
			return "not a name"
		}
		return ""
	}
	job := fieldstest.Full[latch.Job](wrong)
	paths := map[string]bool{}
	for _, problem := range job.Validate() {
		if strings.HasPrefix(problem.Message, "not the name of a secret") {
			paths[problem.Path] = true
		}
	}
	found := fields.Of(&job)
	require.NotEmpty(t, found)
	for _, field := range found {
		if field.Role.IsSecret() {
			require.Contains(t, paths, field.Path)
		}
	}
}
