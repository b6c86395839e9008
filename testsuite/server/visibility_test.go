package server

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/server/schema"
)

// The schema has the indexes that are kept, and each is dropped or kept by its
// own name.
func TestTheIndexesThatAreKept(t *testing.T) {
	t.Parallel()
	text, err := fs.ReadFile(schema.Assets(), "sqlite/v3/visibility/schema.sql")
	require.NoError(t, err)
	var names []string
	for _, found := range indexName.FindAllSubmatch(text, -1) {
		names = append(names, string(found[1]))
	}
	require.Subset(t, names, keptIndexes)
	require.Greater(t, len(names), 50, "custom attributes have indexes")
}

func TestTheNameOfTheSecondFile(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"/a/temporal.db": "/a/temporal-visibility.db", "temporal": "temporal-visibility",
		"/a.b/c": "/a.b/c-visibility", "x.y.db": "x.y-visibility.db",
	} {
		require.Equal(t, want, visibilityFile(file))
	}
}
