package vars

import (
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Contract, "Webhook": the default body has these fields in this order, and only variables in
// the table. The other fields are known to the delivery itself.
func TestContractHasTheDefaultBody(t *testing.T) {
	t.Parallel()
	contract, err := os.ReadFile("../../docs/contract.md")
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(contract), "**Default body.** `{")
	shown, _, _ := strings.Cut(rest, "}`, without what does not apply")
	at := 0
	for _, field := range BodyFields {
		next := strings.Index(shown[at:], `"`+field+`"`)
		require.GreaterOrEqual(t, next, 0, "%s stands in the contract, in its place", field)
		at += next
	}
	own := []string{"secret", "delivery_id", "sequence", "previous_id", "attempt", "timestamp", "parent_log"}
	require.ElementsMatch(t, BodyFields, append(InBody(), own...))
}

// Every row is complete: without a run nobody has the variable, and only objects have keys.
func TestRowsAreWhole(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, v := range table {
		require.False(t, seen[v.Name], "%s is given twice", v.Name)
		seen[v.Name] = true
		require.NotZero(t, v.Runs, v.Name)
		require.True(t, v.Kind == Object || v.Keys == nil, v.Name)
		require.Subset(t, v.Keys, v.Moments, v.Name)
		require.False(t, v.Open && v.Keys == nil, v.Name)
		require.True(t, v.Keys != nil || v.Doc != "", "%s: say what it holds", v.Name)
		require.NotContains(t, v.Keys, "", v.Name)
		found, there := Find(v.Name)
		require.True(t, there)
		require.True(t, reflect.DeepEqual(v, found))
	}
	_, there := Find("nobody")
	require.False(t, there)
}

// The variables of a scope, and the results of Given and Filled.
func TestScopes(t *testing.T) {
	t.Parallel()
	require.ElementsMatch(t, Names(), append(Given(), Filled()...))
	require.NotContains(t, Names(), "history")
	require.Equal(t, append(namesOf(In(Templates)), "history"), namesOf(In(Decisions)))
	require.Equal(t, append(namesOf(In(Templates)), "response"), namesOf(In(Success)))
	require.Equal(t, []string{"event", "webhook", "lock", "lock_url"}, Filled())
}
