package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"

	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/audit"
	"github.com/latch-run/latch/internal/chat"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/collector"
	"github.com/latch-run/latch/internal/console"
	"github.com/latch-run/latch/internal/lockpage"
	"github.com/latch-run/latch/internal/mitto/mittoapi"
	"github.com/latch-run/latch/internal/runs"
	environment "github.com/latch-run/latch/internal/settings"
	"github.com/latch-run/latch/internal/telemetry"
)

// Bounds of a request's parts on the wire. An answer may have to wait for a worker.
const (
	headerTimeout  = 5 * time.Second
	requestTimeout = 30 * time.Second
	replyTimeout   = 90 * time.Second
	idleTimeout    = 2 * time.Minute
	maximumHeader  = 64 << 10
	// shutdownTimeout bounds how long requests in flight may take after SIGTERM.
	shutdownTimeout = 20 * time.Second
)

const serveHelp = `Serve Latch's HTTP API and its console until SIGTERM or Ctrl-C. It
holds no state: any number of them may run side by side. While Temporal is out
of reach it answers 503 and stays up. All settings come from the environment:

  LATCH_API_ADDR        where it listens (127.0.0.1:7127)
  LATCH_API_URL         its public address
  LATCH_FQDN, LATCH_ENVIRONMENT   what /api/system tells
  LATCH_API_KEYS        name[:admin|run|lock|read][@group+group]=key,…, of 16
                        bytes or more; without keys only requests on this
                        machine are served
  LATCH_API_KEYS_FILE   the same in a file, with commas or lines between the keys
  LATCH_OIDC_ISSUER     https://…: whose tokens and logins are accepted too
  LATCH_OIDC_AUDIENCE   what a program's token must be for
  LATCH_OIDC_CLIENT_ID, LATCH_OIDC_CLIENT_SECRET[_FILE]   for logins
  LATCH_OIDC_GROUPS_CLAIM, LATCH_OIDC_ROLES=group=role,…  what persons may do
  LATCH_SLACK_SIGNING_SECRET[_FILE], LATCH_SLACK_BOT_TOKEN[_FILE]   for buttons in
                        Slack; LATCH_SLACK_URL, LATCH_EGRESS_PROXY: the way there
  LATCH_PEOPLE[_FILE]   alice@example.com[@group+group],…: who may click
  LATCH_API_ALLOW       CIDRs that may call (all)
  LATCH_API_CALLS       how many requests may call Temporal at once (500)
  LATCH_API_TLS_CERT, LATCH_API_TLS_KEY   files in PEM
  LATCH_LOCK_LINKS      true: a lock's link opens its page without a key
  LATCH_LINK_KEY, LATCH_LINK_KEY_FILE     signs those links, and proves to runs who
                                          votes; the worker has the same
  LATCH_EVIDENCE_KEY, LATCH_EVIDENCE_KEY_FILE   PEM: signs evidence of releases
  LATCH_TEMPORAL_UI_URL the address of Temporal UI, to which pages link
  LATCH_COMPLETION_CALLBACK_URL   where Temporal's server reaches this API, to
                        say that a run has closed
  LATCH_PAYLOAD_KEYS, LATCH_PAYLOAD_KEYS_FILE   id=base64,…: the worker's keys
                        for what Temporal stores
  LATCH_AUDIT           false: who did what is not kept
  LATCH_LOG_LEVEL, LATCH_LOG_FORMAT       info; text or json`

func serveCommand(e *env) *cobra.Command {
	return &cobra.Command{Use: "serve", Short: "Serve the HTTP API and the console", Long: serveHelp, Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return serveAPI(cmd.Context(), e) }}
}

// serveAPI serves until ctx ends, and then waits for the requests in flight.
func serveAPI(ctx context.Context, e *env) error {
	collector.Set()
	configured, err := configureServe()
	if err != nil {
		warnOfUnknown(e, true)
		return failure.OfUsage(err)
	}
	logger := configured.Logger(e.out.Err)
	environment.Warn(logger, environment.Unknowns(e.environ))
	configured.temporal.Logger = sdklog.NewStructuredLogger(logger)
	metrics, err := telemetry.NewMetrics("api")
	if err != nil {
		return err
	}
	configured.temporal.MetricsHandler = metrics.Handler
	traces, err := telemetry.NewTraces(ctx, "latch-api", e.environ.get)
	if err != nil {
		return failure.OfUsage(err)
	}
	defer traces.CloseSoon(ctx, logger)
	if traces.Interceptor != nil {
		configured.temporal.Interceptors = append(configured.temporal.Interceptors, traces.Interceptor)
	}
	temporal, err := client.NewLazyClient(configured.temporal)
	if err != nil {
		return failure.OfUsage(fmt.Errorf("the connection to Temporal: %w", err))
	}
	defer temporal.Close()
	recorder := configured.recorder(temporal, e.settings.TaskQueue, logger, metrics)
	handler, err := api.New(api.Options{
		Client: temporal, Namespace: configured.temporal.Namespace, TaskQueue: e.settings.TaskQueue,
		Keys: configured.keys, OIDC: configured.oidc, Allow: configured.allow, PublicURL: configured.URL, FQDN: configured.fqdn(),
		Environment: configured.Environment, DataConverter: configured.temporal.DataConverter,
		Calls: configured.Calls, CompletionURL: configured.CompletionURL,
		LockLinks: configured.LockLinks, LinkKey: []byte(configured.LinkKey), EvidenceKey: configured.evidence,
		Logger: logger, Metrics: metrics, Tracer: traces.Tracer, Audit: recorder,
		Routes: configured.routes(ctx),
	})
	if err != nil {
		return failure.OfUsage(err)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", configured.Addr)
	if err != nil {
		return failure.New(failure.Failed, "LATCH_API_ADDR: %v; free the address or choose another", err)
	}
	logger.Info("api started", "address", listener.Addr().String(), "tls", configured.tls != nil, "keys", len(configured.keys),
		"temporal", configured.temporal.HostPort, "namespace", configured.temporal.Namespace, "task_queue", e.settings.TaskQueue)
	defer closeAudit(ctx, recorder, logger)
	return serveUntil(ctx, "api", listener, &http.Server{
		Handler: handler, TLSConfig: configured.tls, ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
		ReadHeaderTimeout: headerTimeout, ReadTimeout: requestTimeout, WriteTimeout: replyTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: maximumHeader,
	}, logger)
}

// auditTimeout bounds how long the last refusals may take to be appended.
const auditTimeout = 3 * time.Second

func closeAudit(ctx context.Context, recorder *audit.Recorder, logger *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditTimeout)
	defer cancel()
	if err := recorder.Close(ctx); err != nil {
		logger.Error("the audit lacks entries, which are in this log alone", "error", err)
	}
}

// recorder returns what appends to the audit; nil if LATCH_AUDIT is false.
func (c *serveConfiguration) recorder(temporal client.Client, taskQueue string, logger *slog.Logger,
	metrics *telemetry.Metrics) *audit.Recorder {
	if !c.Audit {
		return nil
	}
	all := runs.New(runs.Options{Client: temporal, Namespace: c.temporal.Namespace,
		DataConverter: c.temporal.DataConverter, Identity: api.Identity})
	return audit.NewRecorder(audit.Options{Log: audit.New(all, taskQueue), LinkKey: []byte(c.LinkKey), Logger: logger,
		Metrics: metrics.Handler})
}

// routes returns the handler of what is served in addition to the API's own routes, until ctx
// ends.
func (c *serveConfiguration) routes(ctx context.Context) []api.Routes {
	return []api.Routes{
		mittoapi.Routes(mittoapi.Options{}),
		chat.Routes(c.slack),
		lockpage.Routes(lockpage.Options{TemporalUI: c.TemporalUI, Inbox: true}),
		console.Routes(console.Options{TemporalUI: c.TemporalUI, Stop: ctx}),
	}
}

// serveUntil serves until ctx ends. what is the server's name in the log.
func serveUntil(ctx context.Context, what string, listener net.Listener, server *http.Server, logger *slog.Logger) error {
	ended := make(chan error, 1)
	go func() {
		if server.TLSConfig != nil {
			ended <- server.ServeTLS(listener, "", "")
			return
		}
		ended <- server.Serve(listener)
	}()
	select {
	case err := <-ended:
		return fmt.Errorf("%s: %w", what, err)
	case <-ctx.Done():
	}
	logger.Info(what+" stops: what is in flight may finish", "within", shutdownTimeout)
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTimeout)
	defer cancel()
	if err := server.Shutdown(closing); err != nil {
		return errors.Join(fmt.Errorf("%s: requests were in flight after %s: %w", what, shutdownTimeout, err), server.Close())
	}
	logger.Info(what + " stopped")
	return nil
}
