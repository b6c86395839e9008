package settings_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/settings"
)

type example struct {
	Wait  time.Duration `env:"LATCH_EXAMPLE_WAIT" envDefault:"5s"`
	Allow bool          `env:"LATCH_EXAMPLE_ALLOW"`
	Name  string        `env:"LATCH_EXAMPLE_NAME"`
	Count int           `env:"LATCH_EXAMPLE_COUNT"`
	Part
}

// Part is embedded, as the settings of a log are.
type Part struct {
	Level slog.Level `env:"LATCH_EXAMPLE_LEVEL" envDefault:"info"`
}

// Contract, Settings: all bad ones are reported at once, and by name.
func TestReadNamesEveryBadVariable(t *testing.T) {
	t.Setenv("LATCH_EXAMPLE_WAIT", "soon")
	t.Setenv("LATCH_EXAMPLE_ALLOW", "perhaps")
	t.Setenv("LATCH_EXAMPLE_LEVEL", "infoo")
	t.Setenv("LATCH_EXAMPLE_NAME", "given")
	t.Setenv("LATCH_EXAMPLE_COUNT", "many")
	read, err := settings.Read[example]()
	require.EqualError(t, err, `LATCH_EXAMPLE_WAIT: "soon" is not a duration such as "90s", "10m" or "4h"`+"\n"+
		`LATCH_EXAMPLE_ALLOW: "perhaps" is neither true nor false`+"\n"+
		`LATCH_EXAMPLE_COUNT: "many" is not a whole number`+"\n"+
		`LATCH_EXAMPLE_LEVEL: "infoo" is not a log level: debug, info, warn or error; did you mean "info"?`)
	require.Equal(t, "given", read.Name, "the others are read all the same")
}

func TestReadTakesDefaults(t *testing.T) {
	t.Setenv("LATCH_EXAMPLE_ALLOW", "true")
	read, err := settings.Read[example]()
	require.NoError(t, err)
	require.Equal(t, example{Wait: 5 * time.Second, Allow: true}, read)
}
