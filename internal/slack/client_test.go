package slack_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/slack"
	"github.com/latch-run/latch/internal/slack/slacktest"
)

func clientOf(t *testing.T, address, token string) *slack.Client {
	t.Helper()
	client, err := slack.NewClient(address, token, http.DefaultTransport)
	require.NoError(t, err)
	return client
}

// Slack is asked as the app's bot, and its refusals are told by their names.
func TestCalls(t *testing.T) {
	t.Parallel()
	server := slacktest.New(t)
	server.Users["U1"] = slacktest.User{Email: "alice@example.com"}
	client := clientOf(t, server.URL, slacktest.BotToken)
	user, err := client.User(t.Context(), "U1")
	require.NoError(t, err)
	require.Equal(t, "alice@example.com", user.Profile.Email)
	require.True(t, user.EmailConfirmed)
	team, err := client.Team(t.Context())
	require.NoError(t, err)
	require.True(t, team.Has(user))
	require.NoError(t, client.OpenView(t.Context(), "12.34.ab", map[string]any{"type": "modal"}))
	opened := server.Calls("/api/views.open")
	require.Equal(t, map[string]any{"trigger_id": "12.34.ab", "view": map[string]any{"type": "modal"}}, opened[0].Body)

	_, err = client.User(t.Context(), "U2")
	require.EqualError(t, err, "slack: users.info: user_not_found")
	_, err = clientOf(t, server.URL, "xoxb-wrong").Team(t.Context())
	require.EqualError(t, err, "slack: auth.test: invalid_auth")
	server.Away = 503
	_, err = client.User(t.Context(), "U1")
	require.EqualError(t, err, "slack: users.info: HTTP 503")
}

// Members are those of the app's workspace or organization, and nobody with whom a channel is
// shared.
func TestTeamHas(t *testing.T) {
	t.Parallel()
	user := func(team, enterprise string, stranger bool) *slack.User {
		made := &slack.User{TeamID: team, IsStranger: stranger}
		made.Enterprise.ID = enterprise
		return made
	}
	for _, test := range []struct {
		team slack.Team
		user *slack.User
		want bool
	}{
		{slack.Team{ID: "T1"}, user("T1", "", false), true},
		{slack.Team{ID: "T1"}, user("T2", "", false), false},
		{slack.Team{ID: "T1"}, user("T1", "", true), false},
		{slack.Team{ID: "T1"}, user("", "", false), false},
		{slack.Team{}, user("", "", false), false},
		{slack.Team{ID: "T1", EnterpriseID: "E1"}, user("T2", "E1", false), true},
		{slack.Team{ID: "T1", EnterpriseID: "E1"}, user("T2", "E2", false), false},
	} {
		require.Equal(t, test.want, test.team.Has(test.user), "%v %v", test.team, test.user)
	}
}

// A response_url comes with the request, so only an address of Slack's is called, and no error
// contains it.
func TestRespondCallsSlackAlone(t *testing.T) {
	t.Parallel()
	called := false
	catch := roundTripper(func(r *http.Request) (*http.Response, error) {
		called = true
		require.Empty(t, r.Header.Get("Authorization"), "the token goes to the Web API alone")
		recorder := httptest.NewRecorder()
		return recorder.Result(), nil
	})
	for base, addresses := range map[string]map[string]bool{
		"https://slack.com": {
			"https://hooks.slack.com/actions/T1/2/abc": true, "http://hooks.slack.com/actions/T1/2/abc": false,
			"https://hooks.slack.com.example.com/x": false, "https://example.com/hooks.slack.com": false, "https://slack.com/x": false,
			"https://hooks.slack.com:8443/x": false, "https://a@hooks.slack.com/x": false, "https://hooks.slack.com@example.com/x": false,
			"": false, "://": false, "https://hooks.slack-gov.com/x": false, "https://127.0.0.1/x": false,
		},
		"https://slack-gov.com": {"https://hooks.slack-gov.com/actions/x": true, "https://hooks.slack.com/actions/x": false},
		"http://127.0.0.1:9": {"http://127.0.0.1:9/actions/x": true, "http://127.0.0.1:10/actions/x": false,
			"https://127.0.0.1:9/x": false, "http://hooks.slack.com/x": false},
	} {
		client, err := slack.NewClient(base, "token", catch)
		require.NoError(t, err)
		for address, want := range addresses {
			called = false
			err := client.Respond(t.Context(), address, slack.Ephemeral("x"))
			require.Equal(t, want, called, "%s at %s", address, base)
			require.Equal(t, want, err == nil, "%s at %s: %v", address, base, err)
			if err != nil && address != "" {
				require.NotContains(t, err.Error(), address)
			}
		}
	}
}

// Slack is at a host with TLS, or stands in on this machine.
func TestCheckURL(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"https://slack.com", "https://slack-gov.com/", "http://127.0.0.1:4711", "http://localhost:1"} {
		require.NoError(t, slack.CheckURL(good), good)
	}
	for bad, says := range map[string]string{"": "is not an https URL", "slack.com": "is not an https URL",
		"https://slack.com/api": "of a host alone",
		"https://a:b@slack.com": "of a host alone", "http://slack.com": "is without TLS", "ftp://slack.com": "is without TLS"} {
		require.ErrorContains(t, slack.CheckURL(bad), says, bad)
	}
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
