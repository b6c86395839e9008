package delivery

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// A preset keeps to the chat's documented rate at each of its webhooks. A message that comes
// too soon is turned away, and nothing is sent.
func TestPresetKeepsPace(t *testing.T) {
	t.Parallel()
	for preset, each := range map[string]time.Duration{latch.PresetSlack: time.Second, latch.PresetTeams: 250 * time.Millisecond, "": 0} {
		t.Run(preset, func(t *testing.T) {
			t.Parallel()
			receiver := newReceiver(t, answering(http.StatusOK, "ok", nil))
			sender := local(t, nil)
			began := sender.now()
			sender.now = func() time.Time { return began }
			send := func(path string) error {
				r := request(receiver.URL + path)
				r.Webhook.Preset, r.Webhook.Body = preset, []byte(`{"text":"done"}`)
				_, err := sender.Send(t.Context(), r, 1)
				return err
			}
			for range 4 {
				require.NoError(t, send("/one"), "a short burst")
			}
			if each == 0 {
				require.NoError(t, send("/one"), "who is no chat has no pace")
				return
			}
			var busy *BusyError
			require.ErrorAs(t, send("/one"), &busy)
			require.True(t, busy.Paced)
			require.Equal(t, max(each, shortestTurn), busy.Wait)
			require.ErrorContains(t, busy, "messages at a time")
			require.Equal(t, 4, receiver.count())
			require.NoError(t, send("/two"), "another webhook of the chat")
			require.Empty(t, sender.endpoints.busy, "it holds no place")

			began = began.Add(each)
			require.NoError(t, send("/one"))
			require.ErrorAs(t, send("/one"), &busy)
		})
	}
}

// Discord's answers say when it accepts no more messages.
func TestDiscordTellsItsPace(t *testing.T) {
	t.Parallel()
	left := 2
	receiver := newReceiver(t, func(w http.ResponseWriter, _ *http.Request) {
		left--
		w.Header().Set("X-RateLimit-Remaining", strconv.Itoa(left))
		w.Header().Set("X-RateLimit-Reset-After", "2.5")
		w.WriteHeader(http.StatusNoContent)
	})
	sender := local(t, nil)
	now := sender.now()
	sender.now = func() time.Time { return now }
	r := request(receiver.URL)
	r.Webhook.Preset, r.Webhook.Body = latch.PresetDiscord, []byte(`{"content":"done"}`)
	for range 2 {
		_, err := sender.Send(t.Context(), r, 1)
		require.NoError(t, err)
	}
	_, err := sender.Send(t.Context(), r, 1)
	var busy *BusyError
	require.ErrorAs(t, err, &busy)
	require.Equal(t, 2500*time.Millisecond, busy.Wait)
	now = now.Add(busy.Wait)
	left = 2
	_, err = sender.Send(t.Context(), r, 1)
	require.NoError(t, err)
}

// The number of paces that are kept is bounded.
func TestPacesAreBounded(t *testing.T) {
	t.Parallel()
	p := newPaced()
	now := time.Now()
	for i := range 2*maximumPaced + 1 {
		p.take(pace{time.Second, 1}, strconv.Itoa(i), now)
	}
	require.Equal(t, maximumPaced, p.known.Len())
}
