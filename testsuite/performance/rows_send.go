package main

import (
	"context"
	"encoding/json"
	"runtime"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/collector"
	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/secret"
	"github.com/latch-run/latch/testsuite/performance/byhand"
)

// sendRows measure a single request, without Temporal.
func sendRows() []row {
	return []row{{name: "send", title: "one signed request, without Temporal", often: 8,
		metrics: []metric{{unit: "µs", goal: ratio{of: plain, atMostIt: 1.5}}},
		sides:   []side{{plain, sendPlainly}, {ours, sendByLatch}},
	}}
}

// asMuch makes the plain body as long as Latch's default one, which has these
// fields too.
var asMuch = map[string]any{"n": 1, "attempt": 1, "parent_log": 1714979289000, "secret": signingSecret,
	"system": map[string]string{"fqdn": "stage.example.net", "environment": "stage"}}

func sendPlainly(ctx context.Context, w *world, o options) ([]float64, error) {
	sender, err := byhand.NewSender([]byte(signingSecret))
	if err != nil {
		return nil, err
	}
	return timeOfSend(ctx, w, o, func(ctx context.Context, url string) error {
		return sender.Send(ctx, url, byhand.Notice{Event: pinged, Webhook: "board", ID: "dlv_1", Timestamp: time.Now().UTC(),
			Run: byhand.Run{WorkflowID: "emit-1", RunID: "0197"}, Data: asMuch})
	})
}

func sendByLatch(ctx context.Context, w *world, o options) ([]float64, error) {
	secrets, err := secret.New(map[string]string{"board": signingSecret}, secret.Options{})
	if err != nil {
		return nil, err
	}
	sender, err := delivery.New(delivery.Options{Secrets: secrets, EgressAllow: []string{"127.0.0.1"}})
	if err != nil {
		return nil, err
	}
	return timeOfSend(ctx, w, o, func(ctx context.Context, url string) error {
		request := protocol.WebhookRequest{Webhook: latch.Webhook{ID: "board", URL: url, Secret: "board"},
			Event: latch.Event{Event: pinged}, DeliveryID: "dlv_1", ParentLog: 1714979289000}
		request.Variables = map[string]json.RawMessage{"data": json.RawMessage(`{"n":1}`), "run": json.RawMessage(`{"workflow_id":"emit-1","run_id":"0197"}`),
			"system": json.RawMessage(`{"fqdn":"stage.example.net","environment":"stage"}`)}
		_, err := sender.Send(ctx, &request, 1)
		return err
	})
}

// warm is the number of sends before the timed ones. They establish the
// connection and compile what is compiled once.
const warm = 200

// timeOfSend measures consecutive sends, with the garbage collector of a worker
// for both sides. It begins with a clean heap, so that each side pays for its own
// garbage.
func timeOfSend(ctx context.Context, w *world, o options, send func(ctx context.Context, url string) error) ([]float64, error) {
	collector.Set()
	t := w.sink.tally()
	for range warm {
		if err := send(ctx, t.url+"/warm"); err != nil {
			return nil, err
		}
	}
	runtime.GC()
	done, took, err := closedLoop(ctx, 1, o.length, func(ctx context.Context, _ int) error { return send(ctx, t.url+"/a") })
	if err != nil {
		return nil, err
	}
	_, err = t.await(ctx, done+warm)
	return []float64{float64(took.Microseconds()) / float64(done)}, err
}
