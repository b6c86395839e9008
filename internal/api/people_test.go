package api_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
)

// LATCH_PEOPLE names people by their addresses in any case, with their groups, and all that is
// wrong is reported at once.
func TestParsePeople(t *testing.T) {
	t.Parallel()
	people, err := api.ParsePeople("Alice@Example.com@sre+leads, bob@example.com\n# comment\n carol@example.com@dev\n")
	require.NoError(t, err)
	require.Equal(t, api.People{"alice@example.com": {"leads", "sre"}, "bob@example.com": nil, "carol@example.com": {"dev"}}, people)
	_, err = api.ParsePeople("alice,bob@example.com@,dan@example.com@a+a,eve@example.com,EVE@example.com,a b@example.com,@example.com@sre")
	for _, says := range []string{
		`"alice" does not begin with an e-mail address; write alice@example.com@group+group`, `bob@example.com: a group has no name`,
		`dan@example.com: the group "a" is given twice`, `eve@example.com: the address is given twice`, `"a b@example.com" does not begin`, `"@example.com@sre" does not begin`,
	} {
		require.ErrorContains(t, err, says)
	}
	require.Len(t, strings.Split(err.Error(), "\n"), 6)
}

// A person in a chat may remove locks and nothing more, and is as old as the request.
func TestPeopleCaller(t *testing.T) {
	t.Parallel()
	people, err := api.ParsePeople("alice@example.com@sre")
	require.NoError(t, err)
	at := time.Unix(1548426417, 0)
	require.Equal(t, &api.Caller{Name: "alice@example.com", Role: api.RoleLock, Groups: []string{"sre"},
		Via: latch.IdentifiedBySlack, AskedAt: at},
		people.Caller("Alice@Example.COM", latch.IdentifiedBySlack, at))
	require.Nil(t, people.Caller("eve@example.com", latch.IdentifiedBySlack, at))
	require.Nil(t, people.Caller("", latch.IdentifiedBySlack, at))
}
