package lockpage_test

import (
	"html"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/locklink"
)

// A link about a choice opens the page that asks whether it is meant. Opening it decides nothing,
// however often and by whatever follows links, and another choice or none shows the whole page.
func TestALinkAboutAChoice(t *testing.T) {
	t.Parallel()
	key := []byte("0123456789abcdef")
	parsed, err := api.ParseKeys(apitest.Keys)
	require.NoError(t, err)
	options := api.Options{Keys: parsed, LockLinks: true, LinkKey: key}
	run := apitest.HeldRun(latch.EventBeforeRelease, "", "", "", 0, latch.StepPending, latch.StepPending)
	handler := apitest.New(t, run, options)
	address := "/locks/" + apitest.Token + "?link=" + locklink.Sign(key, apitest.Token)
	open := func(choice string) string {
		t.Helper()
		got := apitest.Call(handler, "GET", locklink.WithChoice(address, choice), "")
		require.Equal(t, 200, got.Code, got.Body)
		return html.UnescapeString(got.Body.String())
	}
	approve, reject := open(locklink.ChoiceApprove), open(locklink.ChoiceReject)
	require.Contains(t, approve, "Yes: Let pass")
	require.NotContains(t, approve, "Roll back the release")
	require.Contains(t, reject, "Yes: Stop the release")
	require.Contains(t, reject, "Your name<input", "a visitor with only a link says who they are")
	require.Contains(t, open("rollback"), "Decide</h2>")
	require.Contains(t, open(""), "Decide</h2>")
	require.Equal(t, 401, apitest.Call(handler, "GET",
		locklink.WithChoice("/locks/"+apitest.Token, locklink.ChoiceApprove), "").Code, "a choice opens nothing")
	require.Equal(t, 200, apitest.Call(handler, "HEAD", locklink.WithChoice(address, locklink.ChoiceApprove), "").Code)
	require.Empty(t, run.Updates)
	require.Contains(t, apitest.Call(handler, "GET",
		locklink.WithChoice("/locks/"+apitest.Token, locklink.ChoiceApprove)+"&API_KEY=read", "").Body.String(),
		"may see this lock but not remove it")

	const promise = "Stop the release: The release stops here. No step was taken."
	form := url.Values{"form": {formField.FindStringSubmatch(reject)[1]}, "action": {"stop"}, "confirmed": {promise}, "name": {"ann"}}
	require.Equal(t, 200, submit(t, run, options, locklink.WithChoice(address, locklink.ChoiceReject), form).Code)
	require.Equal(t, "ann (by link)", run.Updates[0].Args[0].(latch.LockRelease).By)
}

// A link to approve a lock with a form shows the form; one to reject asks whether that is meant.
func TestALinkAboutAForm(t *testing.T) {
	t.Parallel()
	parsed, err := api.ParseKeys(apitest.Keys)
	require.NoError(t, err)
	handler := apitest.New(t, voted(t, nil), api.Options{Keys: parsed, LinkKey: []byte("0123456789abcdef")})
	open := func(choice string) string {
		return apitest.Call(handler, "GET", locklink.WithChoice("/locks/"+apitest.Token, choice)+"&API_KEY=lock", "").Body.String()
	}
	require.Contains(t, open(locklink.ChoiceApprove), `<input name="data-ticket"`)
	require.Contains(t, open(locklink.ChoiceReject), "Yes: Reject")
	require.NotContains(t, open(locklink.ChoiceReject), "Your name", "who is known says no name")
}
