package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	environment "github.com/latch-run/latch/internal/settings"
	"github.com/latch-run/latch/internal/telemetry"
	"github.com/latch-run/latch/plugin"
)

// dialTimeout bounds the first connection to Temporal.
const dialTimeout = 30 * time.Second

// heartbeatInterval is the interval at which a worker reports that an activity is alive, and
// learns that it is cancelled.
const heartbeatInterval = time.Second

// run serves until ctx ends, and then waits for what is in flight.
func run(ctx context.Context) error {
	unknown := environment.Unknowns(os.Environ())
	configured, err := configure()
	if err != nil {
		return errors.Join(append([]error{err}, asErrors(unknown)...)...)
	}
	logger := configured.Logger(os.Stderr)
	slog.SetDefault(logger)
	environment.Warn(logger, unknown)
	metrics, err := telemetry.NewMetrics("worker")
	if err != nil {
		return err
	}
	configured.temporal.Logger = log.NewStructuredLogger(logger)
	configured.temporal.MetricsHandler = metrics.Handler
	traces, err := telemetry.NewTraces(ctx, "latch-worker", os.Getenv)
	if err != nil {
		return err
	}
	defer traces.CloseSoon(ctx, logger)
	if traces.Interceptor != nil {
		configured.temporal.Interceptors = append(configured.temporal.Interceptors, traces.Interceptor)
	}
	temporal, err := dial(ctx, configured.temporal)
	if err != nil {
		return err
	}
	defer temporal.Close()

	fatal := make(chan error, 1)
	machine := fitMachine(configured.CachedRuns)
	served := worker.New(temporal, configured.TaskQueue, workerOptions(configured, machine, fatal))
	health, err := startHealth(configured.HealthAddr, temporal, metrics.Page)
	if err != nil {
		return err
	}
	defer health.close()
	rates, err := serveRates(ctx, configured, temporal, workerOptions(configured, machine, fatal), logger)
	if err != nil {
		return err
	}
	if err := served.Start(); err != nil {
		rates.Stop()
		return fmt.Errorf("start worker on task queue %q: %w", configured.TaskQueue, err)
	}
	health.ready(true)
	if configured.HealthAddr != healthOff {
		observing, stop := context.WithCancel(ctx)
		defer stop()
		go newObserver(configured, temporal, metrics.Handler, logger).run(observing)
	}
	warnOfSecrets(logger, configured.plugin.UnboundSecrets())
	logger.With(machine.attributes()...).Info("worker started", "task_queue", configured.TaskQueue, "namespace", configured.temporal.Namespace,
		"address", configured.temporal.HostPort, "health", health.address())

	select {
	case <-ctx.Done():
		logger.Info("worker stops: what is in flight may finish", "drain_timeout", configured.DrainTimeout)
	case err = <-fatal:
		err = fmt.Errorf("worker failed: %w", err)
	}
	health.ready(false)
	stopBoth(served, rates)
	logger.Info("worker stopped")
	return err
}

// stopBoth stops the workers at the same time, so that both have the whole drain timeout.
func stopBoth(served worker.Worker, rates *plugin.RateWorker) {
	var stopping sync.WaitGroup
	stopping.Go(rates.Stop)
	served.Stop()
	stopping.Wait()
}

// serveRates serves the queue of rates. It must run before the first workflow is admitted.
func serveRates(ctx context.Context, configured *configuration, temporal client.Client, options worker.Options,
	logger *slog.Logger) (*plugin.RateWorker, error) {
	rates, err := configured.plugin.ServeRates(ctx, temporal, configured.temporal.Namespace, configured.TaskQueue, options)
	if err != nil {
		return nil, err
	}
	if rates.Unlimited != nil {
		logger.Warn("webhooks with a rate are sent at each worker's own pace: Temporal does not limit it; see starter doctor",
			"error", rates.Unlimited)
	}
	return rates, nil
}

// asErrors adds the unknown variables to the problems, because one of them may be a mistyped
// required variable.
func asErrors(unknown []environment.Unknown) []error {
	all := make([]error, len(unknown))
	for i, each := range unknown {
		all[i] = errors.New(each.String())
	}
	return all
}

// warnOfSecrets names the secrets that may be sent to any host.
func warnOfSecrets(logger *slog.Logger, unbound []string) {
	if len(unbound) == 0 {
		return
	}
	logger.Warn("secrets are bound to no host: whoever writes a job, release or event may send them anywhere; "+
		"bind each with LATCH_SECRETS_HOSTS, and set LATCH_SECRETS_HOSTS_REQUIRED=true", "secrets", unbound)
}

// dial connects to Temporal, and retries while the server is not up yet.
func dial(ctx context.Context, options client.Options) (client.Client, error) {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	for {
		temporal, err := client.DialContext(ctx, options)
		if err == nil {
			return temporal, nil
		}
		slog.Warn("Temporal is not reachable yet", "address", options.HostPort, "error", err)
		select {
		case <-time.After(time.Second):
		case <-ctx.Done():
			return nil, fmt.Errorf("connect to Temporal at %s, namespace %q: %w", options.HostPort, options.Namespace, err)
		}
	}
}

func workerOptions(configured *configuration, machine fit, fatal chan<- error) worker.Options {
	options := worker.Options{
		WorkerStopTimeout: configured.DrainTimeout,
		// An activity learns of its cancellation by the answer to a heartbeat.
		MaxHeartbeatThrottleInterval: heartbeatInterval,
		OnFatalError: func(err error) {
			select {
			case fatal <- err:
			default: // the first one suffices
			}
		},
	}
	machine.apply(&options)
	if configured.DeploymentName != "" {
		options.DeploymentOptions = worker.DeploymentOptions{
			UseVersioning: true,
			Version: worker.WorkerDeploymentVersion{
				DeploymentName: configured.DeploymentName,
				BuildID:        configured.BuildID,
			},
			DefaultVersioningBehavior: workflow.VersioningBehaviorAutoUpgrade,
		}
	}
	return options
}
