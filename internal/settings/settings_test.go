package settings_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/settings"
)

type example struct {
	Wait  time.Duration `env:"LATCH_EXAMPLE_WAIT" envDefault:"5s"`
	Allow bool          `env:"LATCH_EXAMPLE_ALLOW"`
	Name  string        `env:"LATCH_EXAMPLE_NAME"`
}

// Contract, Settings: all bad ones are reported at once, and by name.
func TestReadNamesEveryBadVariable(t *testing.T) {
	t.Setenv("LATCH_EXAMPLE_WAIT", "soon")
	t.Setenv("LATCH_EXAMPLE_ALLOW", "perhaps")
	t.Setenv("LATCH_EXAMPLE_NAME", "given")
	read, err := settings.Read[example]()
	require.ErrorContains(t, err, `LATCH_EXAMPLE_WAIT: `)
	require.ErrorContains(t, err, `"soon"`)
	require.ErrorContains(t, err, `LATCH_EXAMPLE_ALLOW: `)
	require.NotContains(t, err.Error(), "LATCH_EXAMPLE_NAME")
	require.Equal(t, "given", read.Name, "the others are read all the same")
}

func TestReadTakesDefaults(t *testing.T) {
	t.Setenv("LATCH_EXAMPLE_ALLOW", "true")
	read, err := settings.Read[example]()
	require.NoError(t, err)
	require.Equal(t, example{Wait: 5 * time.Second, Allow: true}, read)
}
