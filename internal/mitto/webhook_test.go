package mitto_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/mitto"
)

const sent = `{"url":"https://example.com/","method":"POST","event_type":"JOB_COMPLETE",
	"content_type":"application/json","body":"{ \"text\": \"hello\" }","enabled":true}`

// facts.md, "Webhook object as its API takes it"; the answer adds id, created_at, updated_at;
// PUT expects the whole object.
func TestWebhooks(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{"a job that runs": `{"type":"cmd","conf":{"cmd":"true"}}`,
		"a job that cannot": `{"type":"io"}`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			made := job(t, body)
			require.Equal(t, "[]", encoded(t, made.Webhooks()))
			added, err := made.AddWebhook(read(t, sent), later)
			require.NoError(t, err)
			want := `{"id":2273900001,"url":"https://example.com/","method":"POST","event_type":"JOB_COMPLETE","content_type":"application/json",
				"body":"{ \"text\": \"hello\" }","enabled":true,"created_at":` + laterText + `,"updated_at":` + laterText + `}`
			require.JSONEq(t, want, encoded(t, added))
			made = stored(t, made)
			require.JSONEq(t, "["+want+"]", encoded(t, made.Webhooks()))
			if made.Latch != nil {
				require.JSONEq(t, `[{"id":"2273900001","url":"https://example.com/","method":"POST",
					"content_type":"application/json","body":"{ \"text\": \"hello\" }","enabled":true,
					"event":"JOB_COMPLETE"}]`,
					encoded(t, made.Latch.Webhooks))
			}
			second, err := made.AddWebhook(read(t, `{"id":7,"job_id":1,"url":"https://example.com/",
				"event_type":"JOB_START","method":"GET","body":"","enabled":false,"label":"x"}`), later)
			require.NoError(t, err)
			require.Equal(t, "2273900002", string(second["id"]))
			require.Equal(t, "false", string(second["enabled"]))
			require.Equal(t, `"x"`, string(second["label"]))
			require.NotContains(t, second, "job_id")

			replaced, err := made.ReplaceWebhook(2273900001, read(t, `{"url":"https://example.com/2","event_type":"JOB_FAILURE"}`), later.Add(1e9))
			require.NoError(t, err)
			require.Equal(t, "null", string(replaced["body"]), "the whole object is replaced")
			require.Equal(t, laterText, string(replaced["created_at"]))
			require.NotEqual(t, laterText, string(replaced["updated_at"]))
			require.NoError(t, made.DeleteWebhook(2273900002, later))
			made = stored(t, made)
			require.Len(t, made.Webhooks(), 1)
			third, err := made.AddWebhook(read(t, sent), later)
			require.NoError(t, err)
			require.Equal(t, "2273900003", string(third["id"]), "no id is used twice")

			var unknown *mitto.UnknownWebhook
			require.True(t, errors.As(made.DeleteWebhook(2273900002, later), &unknown))
			_, err = made.Webhook(2273900002)
			require.True(t, errors.As(err, &unknown))
			_, err = made.ReplaceWebhook(5, read(t, sent), later)
			require.True(t, errors.As(err, &unknown))
			_, err = made.AddWebhook(read(t, `{"url":"https://example.com/","method":"HEAD"}`), later)
			require.Len(t, lines(t, err), 2)
			require.Regexp(t, `^event_type: required`, lines(t, err)[0])
			require.Regexp(t, `^method: `, lines(t, err)[1])
			require.Len(t, made.Webhooks(), 2)
		})
	}
}

// Webhooks with Latch's own ids have ints too, by which they can be changed. Their keys beyond
// Mitto's JSON stay.
func TestWebhooksOfLatchsOwnIDs(t *testing.T) {
	t.Parallel()
	made := native(t, nativeJob)
	added, err := made.AddWebhook(read(t, sent), later)
	require.NoError(t, err)
	made = stored(t, made)
	require.Equal(t, encoded(t, mitto.WebhookID("nightly", "webhook-1")), string(added["id"]))
	require.True(t, made.Latch.Webhooks[0].Events[0].Blocking)
	_, err = made.ReplaceWebhook(mitto.WebhookID("nightly", "slack"), read(t, `{"url":"https://example.com/2",
		"event_type":"JOB_SUCCESS","retry":{"maximum_attempts":2},"timeout":7,
		"auth":{"bearer":"board"}}`), later)
	require.NoError(t, err)
	require.Equal(t, "slack", made.Latch.Webhooks[1].ID)
	require.Equal(t, latch.Duration(7e9), made.Latch.Webhooks[1].Timeout)
	require.Equal(t, 2, made.Latch.Webhooks[1].Retry.MaximumAttempts)
	require.NotNil(t, made.Latch.Webhooks[1].Auth)
	require.NoError(t, made.DeleteWebhook(mitto.WebhookID("nightly", "board"), later))
	require.Len(t, made.Webhooks(), 2)
}

// Ids of webhooks are ints that are exact in JavaScript. Most of them contain the job's id.
func TestWebhookIDs(t *testing.T) {
	t.Parallel()
	require.Equal(t, "22739", mitto.JobOfWebhook(2273900001))
	require.Empty(t, mitto.JobOfWebhook(5))
	require.Equal(t, int64(2273900001), mitto.WebhookID("22739", "2273900001"))
	seen := map[int64]bool{}
	for _, pair := range [][2]string{{"22739", "1"}, {"22740", "1"}, {"a", "1"}, {"a", "b"}, {"1", "2273900001"}} {
		id := mitto.WebhookID(pair[0], pair[1])
		require.False(t, seen[id])
		require.Greater(t, id, int64(1)<<51)
		require.Less(t, id, int64(1)<<53)
		require.Empty(t, mitto.JobOfWebhook(id))
		seen[id] = true
	}
}
