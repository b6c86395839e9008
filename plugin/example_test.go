package plugin_test

import (
	"log"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/plugin"
)

// A worker of your own serves latch.JobRun, latch.Release and latch.Emit in addition to its own
// workflows. The zero options are the safe ones: only public addresses, no secrets, no
// commands.
func ExampleNew() {
	c, err := client.Dial(client.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	w := worker.New(c, "shop", worker.Options{
		Plugins: []worker.Plugin{plugin.New(plugin.Options{
			Secrets:     map[string]string{"change-board": "from a vault"},
			SecretHosts: map[string][]string{"change-board": {"board.example.com"}},
		})},
	})
	if err := w.Run(worker.InterruptCh()); err != nil {
		log.Fatal(err)
	}
}

// Around each run of a workflow whose type begins with Order, and whose first argument has an
// amount above 1000, the events of a job fire. A person holds the run before it begins. The
// workflows stay as they are.
func ExampleLifecycle() {
	p := plugin.New(plugin.Options{Lifecycle: []plugin.Lifecycle{{
		Types: "Order*",
		When:  "vars.input.amount > 1000",
		Webhooks: []latch.Webhook{
			{ID: "audit", URL: "https://audit.example.com/orders", Events: []latch.Event{
				{Event: latch.EventJobStart}, {Event: latch.EventJobSuccess}, {Event: latch.EventJobFailure}}},
			{ID: "approval", Events: []latch.Event{
				{Event: latch.EventJobStart, Blocking: true, LockTimeout: latch.Duration(4 * time.Hour)}}},
		},
	}}})
	// The client has it too, so that a worker's first run is looked up without an event.
	c, err := client.Dial(client.Options{Plugins: []client.Plugin{p}})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	w := worker.New(c, "shop", worker.Options{})
	if err := w.Run(worker.InterruptCh()); err != nil {
		log.Fatal(err)
	}
}

// The plugin configured by the environment's LATCH_… variables, as in Latch's own worker.
func ExampleFromEnv() {
	p, err := plugin.FromEnv()
	if err != nil {
		log.Fatal(err) // all problems, by the variables' names
	}
	_ = worker.Options{Plugins: []worker.Plugin{p}}
}
