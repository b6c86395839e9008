package plugin

import (
	"context"
	"fmt"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/worker"

	"github.com/latch-run/latch/internal/protocol"
)

// A RateWorker makes the attempts of webhooks that have a rate.
type RateWorker struct {
	worker worker.Worker
	// Unlimited is why the rate is not kept across workers, or nil: the server does not know
	// fairness keys, or does not let the worker set their limit. Attempts are then made at each
	// worker's own pace.
	Unlimited error
}

// ServeRates starts a worker beside a worker on taskQueue, which must have the plugin. It makes
// the attempts of webhooks that have a rate, from a task queue whose rate Temporal limits.
// namespace is the client's. The options are those of the other worker; their workflow part
// does not apply. Every worker on taskQueue should be accompanied so from its start: what waits
// in that queue is sent only while somebody polls it. Without it, webhooks with a rate are sent
// at each worker's own pace.
//
//	w := worker.New(c, "shop", worker.Options{Plugins: []worker.Plugin{p}})
//	rates, err := p.ServeRates(ctx, c, "default", "shop", worker.Options{})
//	if err != nil {
//		return err
//	}
//	defer rates.Stop()
func (p *Plugin) ServeRates(ctx context.Context, c client.Client, namespace, taskQueue string,
	options worker.Options) (*RateWorker, error) {
	if p.problem != nil {
		return nil, p.problem
	}
	options.DisableWorkflowWorker, options.LocalActivityWorkerOnly = true, false
	options.Plugins = append(options.Plugins[:len(options.Plugins):len(options.Plugins)], p)
	queue := protocol.RateQueue(taskQueue)
	unlimited := p.activities.ServeRates(ctx, c, namespace, taskQueue)
	w := worker.New(c, queue, options)
	if err := w.Start(); err != nil {
		return nil, fmt.Errorf("start worker on task queue %q: %w", queue, err)
	}
	return &RateWorker{worker: w, Unlimited: unlimited}, nil
}

// Stop stops the worker, and waits for attempts in flight as long as WorkerStopTimeout says.
func (r *RateWorker) Stop() { r.worker.Stop() }
