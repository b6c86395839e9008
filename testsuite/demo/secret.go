package main

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/url"
	"strconv"
	"strings"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/proto"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/receiver"
)

const secretHeader = "x-mdoq-secret"

var sharedSecret = showcase{
	title:  "A secret goes out in header and body, and nowhere else",
	source: mdoq,
	says: `if your secret was mdoq-is-awesome the request that hits your endpoint will contain:
- a header of: x-mdoq-secret: mdoq-is-awesome
- a post variable of: "secret": "mdoq-is-awesome"`,
	play: func(s *scene) {
		s.does("the receiver's /instances is to answer with all that it got")
		s.receiver.Script("/instances", receiver.Answer{Echo: true})
		run := s.start(latch.WorkflowEmit, "emit-instance-7", "Instance created", latch.Emission{
			Event:    "INSTANCE_CREATED",
			Instance: latch.Object{"id": json.RawMessage("7"), "name": text("shop")},
			Webhooks: []latch.Webhook{{
				ID: "instances", URL: s.receiver.URL + "/instances", Event: "INSTANCE_CREATED",
				Secret: secretName, SecretHeader: secretHeader,
			}},
		})
		request := s.arrived("/instances", 1)[0]
		s.came("%s: %s", secretHeader, request.Header.Get(secretHeader))
		s.checkSecret(request)

		var result latch.EmissionResult
		s.finish(run, &result)
		require.Len(s, result.History, 1, "the webhook history")
		echoed := result.History[0].Response
		require.NotNil(s, echoed, "the record's response")
		require.Contains(s, echoed.Body, "***", "the echoed secret in the record")
		s.right("the receiver echoed it; in the record stands *** in its place")
		s.checkNoLeak(run)
	},
}

// checkSecret checks what the document says, and verifies the signature with
// the library that a receiver would use.
func (s *scene) checkSecret(request receiver.Request) {
	require.Equal(s, []string{secretValue}, request.Header.Values(secretHeader), "the header")
	var body struct {
		Secret    string         `json:"secret"`
		Instance  map[string]any `json:"instance"`
		ParentLog int64          `json:"parent_log"`
	}
	s.decode(request.Body, &body)
	require.Equal(s, secretValue, body.Secret, "the body's secret")
	require.Equal(s, map[string]any{"id": 7.0, "name": "shop"}, body.Instance, "the body's instance")
	require.Positive(s, body.ParentLog, "the body's parent_log")
	s.right("header and body have it, beside the instance and the log's number")

	verifier, err := standardwebhooks.NewWebhookRaw([]byte(secretValue))
	require.NoError(s, err)
	require.NoError(s, verifier.VerifyIgnoringTimestamp(request.Body, request.Header), "the Standard Webhooks signature")
	tampered := append([]byte(" "), request.Body...)
	require.Error(s, verifier.VerifyIgnoringTimestamp(tampered, request.Header), "the signature of another body")
	signedAt, err := strconv.ParseInt(request.Header.Get("webhook-timestamp"), 10, 64)
	require.NoError(s, err, "the signature's time")
	require.InDelta(s, request.At.Unix(), signedAt, 300, "the signature's time when it came, in seconds")
	s.right("the Standard Webhooks library accepts the signature, and not that of another body")
}

// checkNoLeak searches for the secret in everything that others can read.
func (s *scene) checkNoLeak(run client.WorkflowRun) {
	var status, records json.RawMessage
	s.query(run, latch.QueryStatus, &status)
	s.query(run, latch.QueryHistory, &records)
	history := s.history(run)
	require.Contains(s, history, secretHeader, "the search finds what does stand in the history")
	for name, text := range map[string]string{
		"the run's history": history, "the answer of status": string(status),
		"the answer of history": string(records), "the worker's log": s.up.Worker.Stderr.String() + s.up.Worker.Stdout.String(),
	} {
		require.NotEmpty(s, text, name)
		for encoding, value := range encodings(secretValue) {
			require.False(s, strings.Contains(text, value), "%s holds the secret (%s)", name, encoding)
		}
	}
	s.right("its value is not in the run's history (%d KB, payloads decoded), records, status or log", len(history)/1000)
}

// history returns a run's whole history in protobuf's binary format, in which
// strings and JSON payloads are stored unencoded.
func (s *scene) history(run client.WorkflowRun) string {
	var all []byte
	events := s.up.Client.GetWorkflowHistory(s.ctx, run.GetID(), run.GetRunID(), false, enums.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for events.HasNext() {
		event, err := events.Next()
		require.NoError(s, err, "history of %s", run.GetID())
		all, err = proto.MarshalOptions{}.MarshalAppend(all, event)
		require.NoError(s, err)
	}
	return string(all)
}

// encodings returns the forms in which a value may occur in a text. In base64
// there are three, depending on the offset of the value; the characters shared
// with its neighbours are cut off.
func encodings(value string) map[string]string {
	forms := map[string]string{
		"as it is": value, "hexadecimal": hex.EncodeToString([]byte(value)), "in a URL": url.QueryEscape(value),
	}
	for shift, name := range []string{"base64", "base64 after 1 byte", "base64 after 2 bytes"} {
		encoded := base64.RawStdEncoding.EncodeToString([]byte(strings.Repeat(" ", shift) + value))
		first := []int{0, 2, 3}[shift]
		last := (shift + len(value)) / 3 * 4
		forms[name] = encoded[first:last]
	}
	return forms
}
