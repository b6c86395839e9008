package cli

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/operatorservice/v1"
	"google.golang.org/grpc"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
)

// AddSearchAttributes adds them to the existing ones.
func (f fakeOperator) AddSearchAttributes(_ context.Context, request *operatorservice.AddSearchAttributesRequest,
	_ ...grpc.CallOption) (*operatorservice.AddSearchAttributesResponse, error) {
	for name, kind := range request.GetSearchAttributes() {
		f.attributes[name] = kind
	}
	return &operatorservice.AddSearchAttributesResponse{}, nil
}

// TestSetup: it creates the missing attributes, once, and nothing if one exists with another
// type.
func TestSetup(t *testing.T) {
	t.Parallel()
	of := patient{operator: fakeOperator{attributes: map[string]enumspb.IndexedValueType{latch.SearchAttributeID: enumspb.INDEXED_VALUE_TYPE_KEYWORD}}}
	run := func(args ...string) (int, string) {
		c := newCommand("", nil)
		c.dial = func(context.Context) (*backend.Connection, error) {
			temporal := newTemporal()
			return &backend.Connection{Client: examined{temporal, examinedService{temporal.WorkflowService(), of}},
				Namespace: "default"}, nil
		}
		return c.start(append([]string{"setup"}, args...)...), c.stdout.String() + c.stderr.String()
	}
	code, out := run("-o", "json")
	require.Equal(t, failure.ExitOK, code, out)
	require.Equal(t, []any{"LatchStatus", "LatchWaiting", "LatchWebhooks"}, object(t, out)["created"])
	require.Equal(t, known().attributes, of.operator.attributes)
	code, out = run()
	require.Equal(t, failure.ExitOK, code, out)
	require.Contains(t, out, "has all of Latch's search attributes")

	of.operator.attributes = map[string]enumspb.IndexedValueType{latch.SearchAttributeWaiting: enumspb.INDEXED_VALUE_TYPE_KEYWORD}
	code, out = run()
	require.Equal(t, failure.ExitFailed, code, out)
	require.Contains(t, out, "LatchWaiting is a Keyword, and Latch needs a Bool")
	require.Len(t, of.operator.attributes, 1)
}
