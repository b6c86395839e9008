package secret

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The content of a store includes files that nobody has used. It is the same value until
// something changes.
func TestHeld(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	put("board", "from-file\nolder")
	put("used", "used-1")
	store, err := FromEnvironment([]string{"LATCH_SECRET_BOARD=from-variable", "LATCH_SECRET_KEY=whsec_AAECAwQF"}, dir, "", false)
	require.NoError(t, err)
	now := time.Now()
	store.now = func() time.Time { return now }
	first := store.Held()
	require.ElementsMatch(t, []string{"from-variable", "from-file", "older", "used-1", "whsec_AAECAwQF", "AAECAwQF",
		"\x00\x01\x02\x03\x04\x05"}, first.Texts())
	require.Same(t, first, store.Held())

	put("later", "later-1")
	put("board", "from-file-2")
	require.Same(t, first, store.Held(), "files are looked over once a second")
	now = now.Add(lookInterval)
	second := store.Held()
	require.Subset(t, second.Texts(), []string{"later-1", "from-file-2"})
	require.NotContains(t, second.Texts(), "from-file")
	now = now.Add(lookInterval)
	require.Same(t, second, store.Held(), "nothing changed")

	put("used", "used-2")
	_, err = store.Lookup("used")
	require.NoError(t, err)
	third := store.Held()
	require.Contains(t, third.Texts(), "used-2", "what is used is held at once")

	put("used", "'used-3'")
	require.NoError(t, os.Remove(filepath.Join(dir, "later")))
	now = now.Add(lookInterval)
	fourth := store.Held()
	require.Contains(t, fourth.Texts(), "used-2", "what is marred leaves what it was")
	require.NotContains(t, fourth.Texts(), "later-1")
	require.NotContains(t, fourth.Texts(), "'used-3'")

	require.NoError(t, os.RemoveAll(dir))
	now = now.Add(lookInterval)
	require.Same(t, fourth, store.Held(), "a directory that cannot be read changes nothing")

	var none *Store
	require.Empty(t, none.Held().Texts())
}
