package api

import (
	"cmp"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/audit"
	"github.com/latch-run/latch/internal/completion"
	"github.com/latch-run/latch/internal/deliveries"
	"github.com/latch-run/latch/internal/evidence"
	"github.com/latch-run/latch/internal/guess"
	"github.com/latch-run/latch/internal/httpurl"
	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/loopback"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/runs"
	"github.com/latch-run/latch/internal/telemetry"
	"github.com/latch-run/latch/internal/vars"
	"github.com/latch-run/latch/internal/voucher"
)

// Routes adds routes to an API under construction.
type Routes func(*API)

// Options configure the API.
type Options struct {
	// Client is the Temporal client. It may connect later: while Temporal is unreachable, the API
	// answers 503.
	Client client.Client
	// Namespace is the client's namespace.
	Namespace string
	// TaskQueue is the task queue on which runs are started.
	TaskQueue string
	// Keys are the API keys. Without any, only requests from this machine are served; see
	// [CheckAddress].
	Keys []Key
	// OIDC lets persons call whom an issuer knows. It needs LinkKey.
	OIDC OIDC
	// Allow lists the addresses that may call; empty means all.
	Allow []netip.Prefix
	// PublicURL is the API's public address; "" if it has none.
	PublicURL string
	// FQDN and Environment are the system variables in templates; see plugin.Options.
	FQDN, Environment string
	// LockLinks lets a link signed with LinkKey open a lock's page.
	LockLinks bool
	// EvidenceKey signs evidence; without it the API gives none.
	EvidenceKey evidence.Key
	// LinkKey also proves to runs who votes about their locks, and who started them.
	LinkKey []byte
	// CompletionURL is the address at which Temporal's server reaches this API; with it, runs are
	// started with completion callbacks. "" is for none.
	CompletionURL string
	// TestPatience is how long the test of a webhook waits for a worker; 8 seconds if 0.
	TestPatience time.Duration
	// Calls is how many requests may call Temporal at once; [DefaultCalls] if 0. Others are refused
	// with a 503. See [API.Enter].
	Calls int
	// Audit appends what callers do to the audit; nil appends nothing.
	Audit *audit.Recorder
	// Routes are added to Latch's own routes: a lock's page, Mitto's job API.
	Routes []Routes
	// DataConverter is the client's; if nil, the default one.
	DataConverter converter.DataConverter
	// Logger receives the access log and errors; nil drops both.
	Logger *slog.Logger
	// Metrics receive the API's metrics and are shown at /metrics; if nil, the API creates its own.
	Metrics *telemetry.Metrics
	// Tracer traces requests; nil disables tracing.
	Tracer trace.Tracer
}

// An API is the core that routes use: callers, runs, deliveries, registered webhooks, and the
// OpenAPI document. Its exported fields must not change once routes are added.
type API struct {
	// Runs calls Temporal about runs.
	Runs *runs.Runs
	// Logger logs errors.
	Logger *slog.Logger
	// Namespace and TaskQueue are those of all runs.
	Namespace, TaskQueue string
	// LinkKey signs links to locks' pages; empty if links open nothing.
	LinkKey []byte
	// vouchers prove to runs who calls.
	vouchers voucher.Key
	// PublicOrigin is the origin of the API's public address; "" if it has none.
	PublicOrigin string

	// publicURL is the API's public address.
	publicURL string
	system    vars.System
	// testPatience and evidenceKey are as in [Options].
	testPatience time.Duration
	evidenceKey  evidence.Key
	audit        *audit.Recorder

	service func() workflowservice.WorkflowServiceClient
	keys    []Key
	oidc    OIDC
	ended   endedSessions
	// secret is LATCH_LINK_KEY, whether links open locks' pages or not.
	secret []byte
	allow  []netip.Prefix
	// local guards an API without keys.
	local      *loopback.Guard
	converter  converter.DataConverter
	webhooks   *registry.Webhooks
	watches    *registry.Watches
	freezes    *registry.Freezes
	deliveries *deliveries.Log
	guesses    *guess.Limiter
	events     *committer
	// callbacks are those of runs that the API starts, or nil. completions are the closes that it
	// hears of by them.
	callbacks   *completion.Callbacks
	completions *gatherer[*pendingClose]
	// bounds have room for the requests that are under way, and dryRuns for those that run.
	bounds  *bounds
	dryRuns chan struct{}
	pages   []Pages
	// open are the routes that are open to all, by method and path.
	open map[string]bool
	// hints explain paths without a route.
	hints []func(path string) string

	mux  *http.ServeMux
	huma huma.API
	// metrics receive the API's metrics, and metricsPage shows them.
	metrics     client.MetricsHandler
	metricsPage http.Handler
	reach       reach
	tracer      trace.Tracer
	// described is the OpenAPI document.
	described []byte
}

// Bounds of a request body, in bytes. Temporal bounds a run's input, and the receiving run bounds a
// message.
const (
	maximumBody    = 2 << 20
	maximumMessage = 256 << 10
)

// Identity is what Temporal records as the originator of starts and changes.
const Identity = "latch-api"

const openAPIPath = "/openapi.json"

// New returns the API's handler.
func New(options Options) (http.Handler, error) {
	a, err := build(options)
	if err != nil {
		return nil, err
	}
	return a.handler()
}

// build returns the API with all its routes.
func build(options Options) (*API, error) {
	a := &API{service: options.Client.WorkflowService, Namespace: cmp.Or(options.Namespace, client.DefaultNamespace),
		TaskQueue: cmp.Or(options.TaskQueue, latch.DefaultTaskQueue), keys: options.Keys, allow: options.Allow, oidc: options.OIDC,
		secret: options.LinkKey,
		Logger: options.Logger, converter: options.DataConverter,
		guesses: guess.New(), open: map[string]bool{}, local: loopback.NewGuard(options.PublicURL), mux: http.NewServeMux()}
	if a.converter == nil {
		a.converter = converter.GetDefaultDataConverter()
	}
	if a.Logger == nil {
		a.Logger = slog.New(slog.DiscardHandler)
	}
	if a.tracer = options.Tracer; a.tracer == nil {
		a.tracer = noop.NewTracerProvider().Tracer("latch")
	}
	if err := a.setMetrics(options.Metrics); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	if options.CompletionURL != "" {
		a.callbacks = completion.New(options.CompletionURL, a.Namespace, a.completionSecret(), a.Logger)
	}
	store := registry.New(a.RegistryOptions())
	a.webhooks, a.watches, a.freezes = store.Webhooks(), store.Watches(), store.Freezes()
	over := runs.Options{Client: options.Client, Namespace: a.Namespace, DataConverter: a.converter, Identity: Identity}
	a.testPatience, a.evidenceKey, a.audit = options.TestPatience, options.EvidenceKey, options.Audit
	a.publicURL, a.system = options.PublicURL, vars.NewSystem(options.FQDN, options.Environment, a.Namespace, a.TaskQueue)
	a.deliveries = deliveries.New(over) // no watch looks for a run that delivers
	over.Callbacks = a.startCallbacks()
	a.Runs = runs.New(over)
	a.bounds = newBounds(cmp.Or(options.Calls, DefaultCalls), a.metrics)
	a.events = newCommitter(a.commit, a.metrics)
	a.dryRuns = make(chan struct{}, maximumDryRuns)
	if err := errors.Join(a.setOrigin(options.PublicURL), a.setLinkKey(options)); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	a.register(options)
	return a, nil
}

// RegistryOptions returns the options of a registry of jobs that uses the API's client.
func (a *API) RegistryOptions() registry.Options {
	return registry.Options{Service: a.service, Namespace: a.Namespace, TaskQueue: a.TaskQueue, Identity: Identity,
		DataConverter: a.converter, Callbacks: a.startCallbacks()}
}

// DeriveKey returns a key that signs what this API issues and later accepts, such as a page's form.
// All processes with the same settings derive the same key for a purpose. It changes with the API
// keys, their roles and groups, so that what was signed becomes invalid with them. Without keys to derive it from, it is
// random.
func (a *API) DeriveKey(purpose string) []byte {
	if len(a.keys) == 0 && len(a.LinkKey) == 0 && a.oidc.Issuer == nil {
		key := make([]byte, sha256.Size)
		rand.Read(key) // never fails
		return key
	}
	mac := hmac.New(sha256.New, a.LinkKey)
	mac.Write([]byte(purpose + "\n"))
	if a.oidc.Issuer != nil {
		mac.Write(a.sessionSecret("derived"))
	}
	for _, key := range a.keys {
		fmt.Fprintf(mac, "%s\n%d\n%q\n%x\n", key.Name, key.Role, key.Groups, key.hash)
	}
	return mac.Sum(nil)
}

// HasKeys reports whether callers must prove who they are: by a key, or to the
// issuer.
func (a *API) HasKeys() bool { return len(a.keys) > 0 || a.oidc.Issuer != nil }

// TakesKeys reports whether there are API keys.
func (a *API) TakesKeys() bool { return len(a.keys) > 0 }

// handler wraps the routes in the guards. It returns an error if a route declares no role.
func (a *API) handler() (http.Handler, error) {
	if err := a.checkRoutes(); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	if err := a.describeRoutes(); err != nil {
		return nil, err
	}
	a.mux.HandleFunc("/", a.noRoute)
	return a.log(http.HandlerFunc(a.guard)), nil
}

func (a *API) setOrigin(public string) error {
	if public == "" {
		return nil
	}
	parsed, err := httpurl.Parse(public)
	if err != nil {
		return fmt.Errorf("PublicURL (LATCH_API_URL): %w", err)
	}
	a.PublicOrigin = loopback.Origin(parsed)
	return nil
}

func (a *API) setLinkKey(options Options) error {
	a.vouchers = voucher.NewKey(options.LinkKey)
	err := locklink.CheckKey(options.LinkKey)
	switch {
	case err == nil:
	case a.oidc.Issuer != nil:
		return fmt.Errorf("LinkKey (LATCH_LINK_KEY), which OIDC (LATCH_OIDC_ISSUER) needs: %w", err)
	case options.LockLinks:
		return fmt.Errorf("LinkKey (LATCH_LINK_KEY), which LockLinks (LATCH_LOCK_LINKS) needs: %w", err)
	case len(options.LinkKey) > 0:
		return fmt.Errorf("LinkKey (LATCH_LINK_KEY): %w", err)
	}
	if options.LockLinks {
		a.LinkKey = options.LinkKey
	}
	return nil
}

// register adds the routes. The OpenAPI document describes all of them.
func (a *API) register(options Options) {
	config := huma.Config{
		OpenAPI:       openAPI(options.PublicURL),
		Formats:       map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat: "application/json",
	}
	a.huma = humago.New(a.mux, config)
	a.huma.UseMiddleware(a.checkRole)
	a.registerReleases()
	a.registerEvents()
	a.registerGates()
	a.registerEvidence()
	a.registerAudit()
	a.registerLocks()
	a.registerHooks()
	a.registerHookPreview()
	a.registerWatches()
	a.registerCompletions()
	a.registerFreezes()
	a.registerHookTest()
	a.registerWebhookHistory()
	a.registerDeliveries()
	a.registerDeliverySearch()
	a.registerHealth()
	a.registerOpenAPI()
	for _, add := range options.Routes {
		add(a)
	}
}

// Schemas returns the OpenAPI document's registry of types.
func (a *API) Schemas() huma.Registry { return a.huma.OpenAPI().Components.Schemas }

// AddHint extends the answer for a path without a route: hint returns what to add for a path, or
// "".
func (a *API) AddHint(hint func(path string) string) { a.hints = append(a.hints, hint) }

func (a *API) registerOpenAPI() {
	a.Handle(Operation{ID: "get-openapi", Method: http.MethodGet, Path: openAPIPath, Public: true, Summary: "Show this document",
		About: "Each operation states the least role that it requires in " + roleExtension + "; " + roleNone + " is open to everyone."},
		openAPIPath, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/openapi+json")
			_, _ = w.Write(a.described) // the caller has gone away
		})
}

// describeRoutes encodes the OpenAPI document after all routes are added.
func (a *API) describeRoutes() (err error) {
	if a.described, err = json.Marshal(a.huma.OpenAPI()); err != nil {
		return fmt.Errorf("api: OpenAPI: %w", err)
	}
	return nil
}

// noRoute answers requests that no route handles: 405 if another method would be handled.
func (a *API) noRoute(w http.ResponseWriter, r *http.Request) {
	if refused := MayDo(CallerOf(r.Context()), RoleRead); refused != nil {
		WriteProblem(w, refused)
		return
	}
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		other := r.Clone(r.Context())
		other.Method = method
		if _, pattern := a.mux.Handler(other); pattern != "/" && pattern != "" {
			w.Header().Add("Allow", method)
		}
	}
	if w.Header().Get("Allow") != "" {
		WriteProblem(w, NewProblem(http.StatusMethodNotAllowed, "The method %s is not allowed here.", r.Method))
		return
	}
	for _, hint := range a.hints {
		if text := hint(r.URL.Path); text != "" {
			WriteProblem(w, NewProblem(http.StatusNotFound, "%s", text))
			return
		}
	}
	WriteProblem(w, NewProblem(http.StatusNotFound, "No such route. See %s for the list of routes. In a path, a lock's token is percent-encoded.", openAPIPath))
}

// HashOf returns the SHA-256 of a text in hex.
func HashOf(body []byte) string {
	hash := sha256.Sum256(body)
	return hex.EncodeToString(hash[:])
}
