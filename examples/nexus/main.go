// Command nexus is a worker in a namespace of its own. Its workflow asks a gate of Latch by Nexus
// before it deploys, and fires an event afterwards. Latch runs in another namespace, and the two share
// the Nexus endpoint "latch" alone: see docs/gates.md for the commands that create it.
//
//	TEMPORAL_NAMESPACE=shop go run ./examples/nexus
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
)

func main() {
	c, err := client.Dial(envconfig.MustLoadDefaultClientOptions())
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
	w := worker.New(c, "deploys", worker.Options{})
	w.RegisterWorkflow(Deploy)
	w.RegisterActivity(RollOut)
	if err := w.Run(worker.InterruptCh()); err != nil {
		log.Fatal(err)
	}
}

// Deploy rolls a version out once the gate DEPLOY lets it pass, and then fires the event DEPLOYED.
func Deploy(ctx workflow.Context, version string) (string, error) {
	quoted, err := json.Marshal(version)
	if err != nil {
		return "", err
	}
	about := latch.Object{"version": quoted}
	endpoint := workflow.NewNexusClient("latch", latch.NexusService)

	// The operation succeeds only if the gate lets pass. The gate's deadline comes before the end of
	// the operation, so that it is the gate that decides when nobody answers in time.
	gate := latch.Gate{
		ID:       "deploy-" + version,
		Event:    "DEPLOY",
		Vars:     about,
		Webhooks: []latch.Webhook{{ID: "board", Events: []latch.Event{{Event: "DEPLOY", Blocking: true}}}},
		Deadline: latch.Duration(55 * time.Minute),
	}
	hour := workflow.NexusOperationOptions{ScheduleToCloseTimeout: time.Hour}
	err = endpoint.ExecuteOperation(ctx, latch.NexusGate, gate, hour).Get(ctx, nil)
	var refused *temporal.ApplicationError
	switch {
	case errors.As(err, &refused) && refused.Type() == latch.ErrorGateStopped:
		return "refused: " + refused.Message(), nil
	case err != nil:
		return "", err // nobody has said yes, so nothing is deployed
	}

	once := workflow.ActivityOptions{StartToCloseTimeout: time.Minute}
	if err := workflow.ExecuteActivity(workflow.WithActivityOptions(ctx, once), RollOut, version).Get(ctx, nil); err != nil {
		return "", err
	}

	// Registered webhooks that listen to DEPLOYED hear of it.
	deployed := latch.Emission{Event: "DEPLOYED", Vars: about}
	minute := workflow.NexusOperationOptions{ScheduleToCloseTimeout: time.Minute}
	if err := endpoint.ExecuteOperation(ctx, latch.NexusEmit, deployed, minute).Get(ctx, nil); err != nil {
		return "", err
	}
	return "deployed " + version, nil
}

// RollOut stands for the deployment itself.
func RollOut(ctx context.Context, version string) error {
	activity.GetLogger(ctx).Info("rolled out", "version", version)
	return nil
}
