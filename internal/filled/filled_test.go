package filled_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/filled"
)

// Every field is set, also those of what a field consists of, but for a structure within itself.
func TestSet(t *testing.T) {
	t.Parallel()
	type inner struct{ Text string }
	type all struct {
		Text    string
		Pointer *inner
		List    []inner
		Map     map[string]inner
		Numbers map[string]int64
		Raw     json.RawMessage
		At      latch.Time
		Self    *all
		Selves  map[string][]all
		hidden  string
	}
	var value all
	filled.Set(&value)
	of := reflect.ValueOf(value)
	for i := range of.NumField() {
		name := of.Type().Field(i).Name
		require.Equal(t, name == "Self" || name == "Selves" || name == "hidden", of.Field(i).IsZero(), name)
	}
	require.NotEmpty(t, value.Pointer.Text)
	require.Len(t, value.List, 2)
	require.NotEmpty(t, value.List[1].Text)
	require.Len(t, value.Map, 2)
	require.NotEmpty(t, value.Map["key"].Text)
	require.Empty(t, value.hidden)
	require.PanicsWithValue(t, "filled: no value for func()", func() { filled.Set(new(func())) })
}
