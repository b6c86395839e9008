package secret_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/secret"
)

// An operator is warned of every secret that may be sent to any host, from any source, with a
// name that can be used in LATCH_SECRETS_HOSTS.
func TestUnbound(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"Pay-Roll", "board", "tls.client"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("0123456789abcdef"), 0o600))
	}
	environ := []string{"LATCH_SECRET_BOARD=0123456789abcdef", "LATCH_SECRET_ON_CALL=0123456789abcdef", "OTHER=x"}
	for name, each := range map[string]struct {
		environ        []string
		dir, hosts     string
		names, unbound []string
	}{
		"none":      {nil, "", "", nil, nil},
		"variables": {environ, "", "", []string{"board", "on_call"}, []string{"board", "on_call"}},
		"files":     {nil, dir, "", []string{"Pay-Roll", "board", "tls.client"}, []string{"Pay-Roll", "board", "tls.client"}},
		"some bound": {environ, dir, "board=a.example.com,pay_roll=b.example.com",
			[]string{"Pay-Roll", "board", "on_call", "tls.client"}, []string{"on_call", "tls.client"}},
		"all bound":      {environ, "", "Board=*.corp,on-call=c.example.com", []string{"board", "on_call"}, nil},
		"bound, missing": {nil, "", "board=a.example.com", nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, err := secret.FromEnvironment(each.environ, each.dir, each.hosts, false)
			require.NoError(t, err)
			require.Equal(t, each.names, store.Names())
			require.Equal(t, each.unbound, store.Unbound())
		})
	}
	var none *secret.Store
	require.Empty(t, none.Unbound())
}
