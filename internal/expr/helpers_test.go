package expr

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// variables builds Variables from JSON texts by name.
func variables(pairs ...string) Variables {
	vars := make(Variables)
	for i := 0; i < len(pairs); i += 2 {
		vars[pairs[i]] = json.RawMessage(pairs[i+1])
	}
	return vars
}

// quoted is a Go string as a JSON text.
func quoted(s string) string { return string(appendString(nil, s)) }

// value evaluates an expression as the typed leaf of a tree.
func value(source string, vars Variables) (string, error) {
	tree, err := CompileTree(json.RawMessage(quoted("${" + source + "}")))
	if err != nil {
		return "", err
	}
	out, err := tree.Render(vars)
	return string(out), err
}

func render(source string, place Place, vars Variables) (string, error) {
	t, err := CompileTemplate(source, place)
	if err != nil {
		return "", err
	}
	return t.Render(vars)
}

// requireAt holds that an error is a CompileError at a position.
func requireAt(t *testing.T, err error, line, column int, contains string) {
	t.Helper()
	var compileErr *CompileError
	require.ErrorAs(t, err, &compileErr)
	require.Contains(t, compileErr.Message, contains)
	require.Equal(t, [2]int{line, column}, [2]int{compileErr.Line, compileErr.Column}, "position of: %v", err)
}

// requireEval holds that an error is an EvalError of an expression.
func requireEval(t *testing.T, err error, source string, contains ...string) {
	t.Helper()
	var evalErr *EvalError
	require.ErrorAs(t, err, &evalErr)
	require.Equal(t, source, evalErr.Source)
	for _, text := range contains {
		require.Contains(t, err.Error(), text)
	}
}

// manyRecords is a run's records: as many and as large as the contract lets them be.
func manyRecords(n int) string {
	records := make([]string, n)
	for i := range records {
		records[i] = fmt.Sprintf(`{"webhook":"w%d","event":"E","result":"pass","data":{"n":%d,"price":1.10},"response":{"body":%q}}`,
			i%7, i, strings.Repeat("x", 850))
	}
	return "[" + strings.Join(records, ",") + "]"
}

func isTooCostly(err error) bool { return errors.Is(err, ErrTooCostly) }
