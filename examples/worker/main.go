// Command worker is a Temporal worker of one's own with Latch's plugin added:
// its task queue serves latch.JobRun, latch.Release and latch.Emit beside the
// workflows that were there before.
package main

import (
	"encoding/json"
	"log"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/plugin"
	"github.com/latch-run/latch/workflows"
)

func main() {
	c, err := client.Dial(envconfig.MustLoadDefaultClientOptions())
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	w := worker.New(c, "shop", worker.Options{
		Plugins: []worker.Plugin{plugin.New(plugin.Options{})},
	})
	w.RegisterWorkflow(Checkout)
	if err := w.Run(worker.InterruptCh()); err != nil {
		log.Fatal(err)
	}
}

// Checkout is a workflow of one's own that asks before it goes on: a person
// removes the gate's lock, or stops it.
func Checkout(ctx workflow.Context, order string) (string, error) {
	quoted, err := json.Marshal(order)
	if err != nil {
		return "", err
	}
	gate, err := workflows.Gate(ctx, latch.Emission{
		Event: "LARGE_ORDER",
		Data:  latch.Object{"order": quoted},
		Webhooks: []latch.Webhook{{
			ID:     "approval",
			Events: []latch.Event{{Event: "LARGE_ORDER", Blocking: true}},
		}},
	})
	if err != nil {
		return "", err
	}
	if gate.Decision != latch.Continue {
		return "refused: " + gate.Reason, nil
	}
	return "shipped", nil
}
