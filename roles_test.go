package latch_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/fields"
	"github.com/latch-run/latch/internal/fields/fieldstest"
)

// The tag of a key gives its role, by which the key is compiled, rendered, masked and
// described. So each text has a role, even if it is used unchanged.
func TestEveryTextOfAnInputSaysItsRole(t *testing.T) {
	t.Parallel()
	inputs := []any{&latch.Job{}, &latch.Release{}, &latch.Emission{}, &latch.Gate{}, &latch.RegisteredWebhook{},
		&latch.RegisteredWatch{}, &latch.RegisteredFreeze{}}
	require.Empty(t, fields.Check(inputs...))
	require.Subset(t, fields.Structures(inputs...), fields.Structures(&latch.Webhook{}, &latch.Task{}, &latch.Schedule{}))
}

// Every field that names a secret must satisfy the rule for such names.
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
