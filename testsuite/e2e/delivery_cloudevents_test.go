package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/cloudevents/sdk-go/v2/binding"
	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"
	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

// The CloudEvents project's own library accepts the requests as valid events, in both modes,
// the same event at every attempt.
func TestDeliveryOfCloudEvents(t *testing.T) {
	t.Parallel()
	b := setup(t, "LATCH_FQDN", "latch.example", "LATCH_SECRET_KEY", "hush-hush")
	for _, path := range []string{"/binary", "/structured"} {
		b.receiver.Script(path, receiver.Status(503), receiver.Answer{})
	}
	run := b.startJob("events", jobWith("événement 1", `{"id":"binary","url":"{R}/binary","event":"JOB_SUCCESS",
		"cloudevents":"binary","secret":"key","body":{"n":9007199254740993},"retry":{"schedule":["20ms"]}},
		{"id":"structured","url":"{R}/structured","event":"JOB_SUCCESS","cloudevents":"structured",
			"secret":"key","body":{"n":9007199254740993},"retry":{"schedule":["20ms"]}}`))
	result := b.succeeds(run)
	for _, mode := range []string{"binary", "structured"} {
		record := recordOf(t, result.History, mode)
		require.Equal(t, latch.ResultPass, record.Result, record.Error)
		requests := b.receiver.Requests("/" + mode)
		require.Len(t, requests, 2)
		for _, request := range requests {
			message := cehttp.NewMessage(request.Header, io.NopCloser(bytes.NewReader(request.Body)))
			require.Equal(t, map[string]binding.Encoding{"binary": binding.EncodingBinary,
				"structured": binding.EncodingStructured}[mode], message.ReadEncoding())
			event, err := binding.ToEvent(t.Context(), message)
			require.NoError(t, err)
			require.NoError(t, event.Validate())
			require.Equal(t, record.DeliveryID, event.ID())
			require.Equal(t, "//latch.example/"+run.GetID(), event.Source())
			require.Equal(t, "run.latch.job_success", event.Type())
			subject := event.Subject()
			if mode == "binary" { // the library leaves headers percent-encoded
				subject, err = url.PathUnescape(subject)
				require.NoError(t, err)
			}
			require.Equal(t, "événement 1", subject)
			require.Equal(t, record.StartedAt.Time, event.Time().Truncate(time.Millisecond))
			require.Equal(t, "application/json", event.DataContentType())
			var data map[string]json.RawMessage
			require.NoError(t, json.Unmarshal(event.Data(), &data))
			require.Equal(t, "9007199254740993", string(data["n"]))
			require.Equal(t, `"hush-hush"`, string(data["secret"]))
			require.Equal(t, http.MethodPost, request.Method)
		}
	}
}
