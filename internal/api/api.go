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
	"github.com/latch-run/latch/internal/deliveries"
	"github.com/latch-run/latch/internal/guess"
	"github.com/latch-run/latch/internal/httpurl"
	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/loopback"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/runs"
	"github.com/latch-run/latch/internal/telemetry"
	"github.com/latch-run/latch/internal/vars"
)

// Routes adds routes to an API under construction.
type Routes func(*API)

// Options is what the API goes by.
type Options struct {
	// Client speaks to Temporal. It may be one that connects later: while
	// Temporal is out of reach, the API answers 503.
	Client client.Client
	// Namespace is the client's.
	Namespace string
	// TaskQueue is where runs are started.
	TaskQueue string
	// Keys are those that callers need. Without any, only requests from this machine are
	// served; see [CheckAddress].
	Keys []Key
	// Allow are the addresses that may call; empty is all.
	Allow []netip.Prefix
	// PublicURL is the API's public address, if it has one.
	PublicURL string
	// FQDN and Environment are what templates see of the surroundings; see
	// plugin.Options.
	FQDN, Environment string
	// LockLinks has a link signed with LinkKey open a lock's page.
	LockLinks bool
	LinkKey   []byte
	// TestPatience is how long the test of a webhook waits for a worker; 8 seconds
	// unless given.
	TestPatience time.Duration
	// Routes are added to Latch's own: a lock's page, Mitto's job API.
	Routes []Routes
	// DataConverter is the client's; the default one unless given.
	DataConverter converter.DataConverter
	// Logger takes the access log, and what goes wrong; nil drops both.
	Logger *slog.Logger
	// Metrics take what the API counts, and are shown at /metrics; those of the
	// API alone unless given.
	Metrics *telemetry.Metrics
	// Tracer traces requests; nil traces none.
	Tracer trace.Tracer
}

// An API is the core on which routes stand: who calls, runs, deliveries,
// registered webhooks, and the OpenAPI document. Its exported fields do not
// change once routes are added.
type API struct {
	// Runs calls Temporal about runs.
	Runs *runs.Runs
	// Logger takes what goes wrong.
	Logger *slog.Logger
	// Namespace and TaskQueue are those of all runs.
	Namespace, TaskQueue string
	// LinkKey signs the links to locks' pages; empty where links open nothing.
	LinkKey []byte
	// PublicOrigin is the origin of the API's public address, "" where it has none.
	PublicOrigin string

	// publicURL is the API's public address.
	publicURL string
	system    vars.System
	// testPatience is as in [Options].
	testPatience time.Duration

	service func() workflowservice.WorkflowServiceClient
	keys    []Key
	allow   []netip.Prefix
	// local guards an API without keys.
	local      *loopback.Guard
	converter  converter.DataConverter
	webhooks   *registry.Webhooks
	deliveries *deliveries.Log
	guesses    *guess.Limiter
	events     *committer
	// dryRuns has room for those that are under way.
	dryRuns chan struct{}
	pages   []Pages
	// hints say more of a path that no route takes.
	hints []func(path string) string

	mux  *http.ServeMux
	huma huma.API
	// metrics take what the API counts, and metricsPage shows it.
	metrics     client.MetricsHandler
	metricsPage http.Handler
	reach       reach
	tracer      trace.Tracer
	// described is the OpenAPI document.
	described []byte
}

// Bounds of what a request may bring, in bytes. A run's input is bounded by
// Temporal, a message by the run that takes it.
const (
	maximumBody    = 2 << 20
	maximumMessage = 256 << 10
)

// identity is who Temporal records as having started and changed things.
const identity = "latch-api"

const openAPIPath = "/openapi.json"

// New makes the API's handler.
func New(options Options) (http.Handler, error) {
	a, err := build(options)
	if err != nil {
		return nil, err
	}
	return a.handler()
}

// build makes the API with all its routes.
func build(options Options) (*API, error) {
	a := &API{service: options.Client.WorkflowService, Namespace: cmp.Or(options.Namespace, client.DefaultNamespace),
		TaskQueue: cmp.Or(options.TaskQueue, latch.DefaultTaskQueue), keys: options.Keys, allow: options.Allow,
		Logger: options.Logger, converter: options.DataConverter,
		guesses: guess.New(), local: loopback.NewGuard(options.PublicURL), mux: http.NewServeMux()}
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
	a.webhooks = registry.New(a.RegistryOptions()).Webhooks()
	over := runs.Options{Client: options.Client, Namespace: a.Namespace, DataConverter: a.converter, Identity: identity}
	a.testPatience = options.TestPatience
	a.publicURL, a.system = options.PublicURL, vars.NewSystem(options.FQDN, options.Environment, a.Namespace, a.TaskQueue)
	a.Runs, a.deliveries = runs.New(over), deliveries.New(over)
	a.events = &committer{commit: a.commit, metrics: a.metrics}
	a.dryRuns = make(chan struct{}, maximumDryRuns)
	if err := errors.Join(a.setOrigin(options.PublicURL), a.setLinkKey(options)); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	a.register(options)
	return a, nil
}

// RegistryOptions returns what a registry of jobs over the API's client needs.
func (a *API) RegistryOptions() registry.Options {
	return registry.Options{Service: a.service, Namespace: a.Namespace, TaskQueue: a.TaskQueue, Identity: identity, DataConverter: a.converter}
}

// DeriveKey returns a key for signing what this API hands out and takes back,
// such as a page's form. All processes with the same settings derive the same
// key for a purpose. It changes with the API keys, so that what was signed for
// a key ends with it. Without any setting to derive it from, it is random.
func (a *API) DeriveKey(purpose string) []byte {
	if len(a.keys) == 0 && len(a.LinkKey) == 0 {
		key := make([]byte, sha256.Size)
		rand.Read(key) // never fails
		return key
	}
	mac := hmac.New(sha256.New, a.LinkKey)
	mac.Write([]byte(purpose + "\n"))
	for _, key := range a.keys {
		fmt.Fprintf(mac, "%s\n%d\n%x\n", key.Name, key.Role, key.hash)
	}
	return mac.Sum(nil)
}

// HasKeys reports whether callers need a key.
func (a *API) HasKeys() bool { return len(a.keys) > 0 }

// handler puts the guards before the routes. It fails if a route declares no
// role.
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
	if !options.LockLinks {
		return nil
	}
	if err := locklink.CheckKey(options.LinkKey); err != nil {
		return fmt.Errorf("LinkKey (LATCH_LINK_KEY), which LockLinks (LATCH_LOCK_LINKS) needs: %w", err)
	}
	a.LinkKey = options.LinkKey
	return nil
}

// register makes the routes, all of which the OpenAPI document describes.
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
	a.registerLocks()
	a.registerHooks()
	a.registerHookPreview()
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

// Schemas is the OpenAPI document's registry of types.
func (a *API) Schemas() huma.Registry { return a.huma.OpenAPI().Components.Schemas }

// AddHint has the answer for a path without a route say more: hint returns what
// to say of a path, "" for nothing.
func (a *API) AddHint(hint func(path string) string) { a.hints = append(a.hints, hint) }

func (a *API) registerOpenAPI() {
	a.Handle(Operation{ID: "get-openapi", Method: http.MethodGet, Path: openAPIPath, Public: true, Summary: "Show this document",
		About: "Each operation states the least role that it requires in " + roleExtension + "; " + roleNone + " is open to everyone."},
		openAPIPath, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/openapi+json")
			_, _ = w.Write(a.described) // the caller has gone away
		})
}

// describeRoutes writes the OpenAPI document once all routes are made.
func (a *API) describeRoutes() (err error) {
	if a.described, err = json.Marshal(a.huma.OpenAPI()); err != nil {
		return fmt.Errorf("api: OpenAPI: %w", err)
	}
	return nil
}

// noRoute answers what no route takes: 405 where another method is taken.
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
