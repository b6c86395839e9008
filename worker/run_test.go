package main

import (
	"bytes"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"
)

// The worker's start warns of secrets that may go to any host, by their names,
// and says which settings mend it.
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
