package workflows

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	wire "github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/protocol"
)

// What the compiler holds for the keys of a variable are those that it is written with.
func TestClosedVariablesHaveTheKeysThatAreKnown(t *testing.T) {
	t.Parallel()
	for name, variable := range map[string]reflect.Type{
		"run":      reflect.TypeFor[protocol.RunVariable](),
		"release":  reflect.TypeFor[releaseVariable](),
		"step":     reflect.TypeFor[stepVariable](),
		"system":   reflect.TypeFor[protocol.System](),
		"history":  reflect.TypeFor[latch.Record](),
		"response": reflect.TypeFor[wire.TaskResponse](),
	} {
		var keys []string
		for _, field := range reflect.VisibleFields(variable) {
			key, _, _ := strings.Cut(field.Tag.Get("json"), ",")
			keys = append(keys, key)
		}
		require.ElementsMatch(t, expr.ClosedKeys(name), keys, name)
	}
	require.Equal(t, []string{"id"}, expr.ClosedKeys("webhook"))
}
