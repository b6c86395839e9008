package console_test

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// The page of freezes says which are in force, since and until when, and who may override them.
func TestFreezesAreListed(t *testing.T) {
	t.Parallel()
	base := serve(t, newWorld(), keys)
	p, eye := loggedIn(t, base, adminKey), loggedIn(t, base, readKey)
	require.Contains(t, p.get("/console/freezes").body, "There are none yet.")
	for id, body := range map[string]string{
		"always": `{"when":"vars.env == 'prod'","under_way":"hold","windows":[{"start":"0 0 1 1 *","end":"0 0 1 7 *"},
			{"start":"0 0 1 6 *","end":"0 0 1 2 *"}],"override":{"groups":["incident"],"users":["ann"],"reason":true}}`,
		"comes": `{"windows":[{"start":"0 0 1 1 * 2099","end":"0 0 2 1 * 2099"}]}`,
	} {
		got := p.api("PUT", "/latch/v1/freezes/"+id, body)
		require.Equal(t, 200, got.status, got.body)
	}
	listed := eye.get("/console/freezes").body
	for _, shown := range []string{"in force", ", for good", "vars.env == &#39;prod&#39;", "also those under way",
		"incident, ann", "with a reason", "not in force", "2099-01-01", "nobody"} {
		require.Contains(t, listed, shown)
	}
}
