package console

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// Each key of an event has a field: an event's settings have no box for the rest.
func TestEachKeyOfAnEventHasAField(t *testing.T) {
	t.Parallel()
	named := []string{"event", "enabled", "body"}
	for _, key := range eventKeys {
		named = append(named, key.name)
	}
	for field := range reflect.TypeFor[latch.Event]().Fields() {
		key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		require.True(t, slices.Contains(named, key), key)
	}
}
