package slack_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/slack"
	"github.com/latch-run/latch/internal/slack/slacktest"
)

// The request with which Slack's documentation explains its signatures ("Verifying requests from
// Slack").
const (
	publishedBody = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner" +
		"&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN" +
		"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
	publishedTime      = 1531420618
	publishedSignature = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
)

// A request counts only with Slack's signature of all of it, lately made, and each refusal says
// why.
func TestVerify(t *testing.T) {
	t.Parallel()
	at := time.Unix(publishedTime, 0).UTC()
	stamp := strconv.Itoa(publishedTime)
	for name, test := range map[string]struct {
		secret, body, stamp, signature string
		now                            time.Time
		want                           error
	}{
		"as published":    {slacktest.SigningSecret, publishedBody, stamp, publishedSignature, at, nil},
		"its last second": {slacktest.SigningSecret, publishedBody, stamp, publishedSignature, at.Add(slack.Tolerance), nil},
		"late": {slacktest.SigningSecret, publishedBody, stamp, publishedSignature,
			at.Add(slack.Tolerance + time.Second), slack.ErrLate},
		"ahead": {slacktest.SigningSecret, publishedBody, stamp, publishedSignature,
			at.Add(-slack.Tolerance - time.Second), slack.ErrLate},
		"an altered body":    {slacktest.SigningSecret, publishedBody + "&x=1", stamp, publishedSignature, at, slack.ErrForged},
		"another time":       {slacktest.SigningSecret, publishedBody, stamp[:9] + "9", publishedSignature, at, slack.ErrForged},
		"no time":            {slacktest.SigningSecret, publishedBody, "now", publishedSignature, at, slack.ErrForged},
		"another secret":     {"8f742231b10e8888abcd99yyyzzz85a6", publishedBody, stamp, publishedSignature, at, slack.ErrForged},
		"no secret":          {"", publishedBody, stamp, publishedSignature, at, slack.ErrForged},
		"another version":    {slacktest.SigningSecret, publishedBody, stamp, "v1" + publishedSignature[2:], at, slack.ErrVersion},
		"no version":         {slacktest.SigningSecret, publishedBody, stamp, publishedSignature[3:], at, slack.ErrVersion},
		"cut short":          {slacktest.SigningSecret, publishedBody, stamp, publishedSignature[:66], at, slack.ErrForged},
		"no hexadecimal":     {slacktest.SigningSecret, publishedBody, stamp, "v0=" + strings.Repeat("z", 64), at, slack.ErrForged},
		"no signature":       {slacktest.SigningSecret, publishedBody, stamp, "", at, slack.ErrUnsigned},
		"no timestamp":       {slacktest.SigningSecret, publishedBody, "", publishedSignature, at, slack.ErrUnsigned},
		"forged and late":    {slacktest.SigningSecret, publishedBody + "x", stamp, publishedSignature, at.Add(time.Hour), slack.ErrForged},
		"an empty signature": {slacktest.SigningSecret, publishedBody, stamp, "v0=", at, slack.ErrForged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{}
			for field, value := range map[string]string{slack.TimestampHeader: test.stamp, slack.SignatureHeader: test.signature} {
				if value != "" {
					header.Set(field, value)
				}
			}
			sent, err := slack.Verify([]byte(test.secret), []byte(test.body), header, test.now)
			require.ErrorIs(t, err, test.want)
			if test.want == nil {
				require.NoError(t, err)
				require.Equal(t, at, sent)
			}
		})
	}
	header := http.Header{slack.TimestampHeader: {stamp}, slack.SignatureHeader: {publishedSignature, publishedSignature}}
	_, err := slack.Verify([]byte(slacktest.SigningSecret), []byte(publishedBody), header, at)
	require.ErrorIs(t, err, slack.ErrUnsigned, "a header twice")
}

// What is no interaction of Slack's is refused with the reason.
func TestParseInteraction(t *testing.T) {
	t.Parallel()
	for body, says := range map[string]string{
		"payload=%zz":          "it is not a form",
		"":                     "payload 0 times",
		"payload={}&payload=x": "payload 2 times",
		"payload=no":           "is not Slack's JSON",
		"payload=%7B%7D":       "names no user",
		`payload={"type":"block_actions","user":{"id":"` + strings.Repeat("U", 101) + `"}}`: "names no user",
		`payload={"type":"block_actions","user":{"id":"U1"},"actions":5}`:                   "is not Slack's JSON",
	} {
		_, err := slack.ParseInteraction([]byte(body))
		require.ErrorContains(t, err, says, body)
	}
	for at, want := range map[string]time.Time{
		"1548426417.840180": time.Unix(1548426417, 840180000).UTC(), "1548426417": time.Unix(1548426417, 0).UTC(),
		"": {}, "soon": {}, "1548426417.84x180": {}, "1548426417.-40180": {},
	} {
		require.Equal(t, want, slack.Action{At: at}.Time(), at)
	}
}
