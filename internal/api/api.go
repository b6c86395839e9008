package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/deliveries"
	"github.com/latch-run/latch/internal/guess"
	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/loopback"
	"github.com/latch-run/latch/internal/mitto"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/runs"
)

// Options is what the API goes by.
type Options struct {
	// Client speaks to Temporal. It may be one that connects later: while
	// Temporal is out of reach, the API answers 503.
	Client client.Client
	// Namespace is the client's.
	Namespace string
	// TaskQueue is where runs are started.
	TaskQueue string
	// Keys let their bearers in. Without any, only requests on this machine are
	// served; see [CheckAddress].
	Keys []Key
	// Allow are the addresses that may call; empty is all.
	Allow []netip.Prefix
	// PublicURL is the API's public address, if it has one.
	PublicURL string
	// LockLinks has a link that bears its HMAC by LinkKey open a lock's page.
	LockLinks bool
	LinkKey   []byte
	// TemporalUI is the address of Temporal UI, to which pages link; "" for no links.
	TemporalUI string
	// FQDN and Environment are what /api/system tells; see plugin.Options.
	FQDN, Environment string
	// Registry keeps registered jobs; one over Client unless given.
	Registry Registry
	// DataConverter is the client's; the default one unless given.
	DataConverter converter.DataConverter
	// Logger takes the access log, and what goes wrong; nil drops both.
	Logger *slog.Logger
}

// temporalClient is what the API needs of a Temporal client.
type temporalClient interface {
	WorkflowService() workflowservice.WorkflowServiceClient
	DescribeWorkflowExecution(ctx context.Context, workflowID, runID string) (*workflowservice.DescribeWorkflowExecutionResponse, error)
	ListWorkflow(ctx context.Context, request *workflowservice.ListWorkflowExecutionsRequest) (*workflowservice.ListWorkflowExecutionsResponse, error)
	QueryWorkflow(ctx context.Context, workflowID, runID, queryType string, args ...any) (converter.EncodedValue, error)
	UpdateWorkflow(ctx context.Context, options client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error)
}

// api is the handlers with what they share.
type api struct {
	temporal     temporalClient
	namespace    string
	taskQueue    string
	keys         []Key
	allow        []netip.Prefix
	publicOrigin string
	// local guards an API without keys.
	local     *loopback.Guard
	converter converter.DataConverter
	// linkKey is empty where links do not open pages.
	linkKey []byte
	// formKey signs the forms of pages.
	formKey     []byte
	temporalUI  string
	fqdn        string
	environment string
	registry    Registry
	webhooks    *registry.Webhooks
	deliveries  *deliveries.Log
	runs        *runs.Runs
	logger      *slog.Logger
	guesses     *guess.Limiter

	mux  *http.ServeMux
	huma huma.API
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
func build(options Options) (*api, error) {
	a := &api{temporal: options.Client, namespace: options.Namespace, taskQueue: options.TaskQueue,
		keys: options.Keys, allow: options.Allow, fqdn: options.FQDN, environment: options.Environment, temporalUI: options.TemporalUI,
		registry: options.Registry, logger: options.Logger, converter: options.DataConverter,
		guesses: guess.New(), local: loopback.NewGuard(options.PublicURL), mux: http.NewServeMux()}
	if a.converter == nil {
		a.converter = converter.GetDefaultDataConverter()
	}
	if a.logger == nil {
		a.logger = slog.New(slog.DiscardHandler)
	}
	if a.namespace == "" {
		a.namespace = client.DefaultNamespace
	}
	if a.taskQueue == "" {
		a.taskQueue = latch.DefaultTaskQueue
	}
	store := registry.New(registry.Options{Service: options.Client.WorkflowService, Namespace: a.namespace, TaskQueue: a.taskQueue,
		Identity: identity, DataConverter: a.converter, Fields: mitto.Fields})
	a.webhooks = store.Webhooks()
	over := runs.Options{Client: options.Client, Namespace: a.namespace, DataConverter: a.converter, Identity: identity}
	a.runs, a.deliveries = runs.New(over), deliveries.New(over)
	if a.registry == nil {
		a.registry = store
	}
	if err := errors.Join(a.setOrigin(options.PublicURL), a.setLinkKey(options)); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	a.formKey = a.makeFormKey()
	a.register(options.PublicURL)
	return a, nil
}

// handler puts the guards before the routes. It fails if a route declares no
// role.
func (a *api) handler() (http.Handler, error) {
	if err := a.checkRoutes(); err != nil {
		return nil, fmt.Errorf("api: %w", err)
	}
	if err := a.describeRoutes(); err != nil {
		return nil, err
	}
	a.mux.HandleFunc("/", a.noRoute)
	return a.log(a.guard(withWholeTokens(a.mux))), nil
}

func (a *api) setOrigin(public string) error {
	if public == "" {
		return nil
	}
	parsed, err := url.Parse(public)
	if err != nil || parsed.Host == "" || parsed.Scheme != "http" && parsed.Scheme != "https" {
		return fmt.Errorf("PublicURL (LATCH_API_URL): %q is no http or https URL", public)
	}
	a.publicOrigin = loopback.Origin(parsed)
	return nil
}

func (a *api) setLinkKey(options Options) error {
	if !options.LockLinks {
		return nil
	}
	if err := locklink.CheckKey(options.LinkKey); err != nil {
		return fmt.Errorf("LinkKey (LATCH_LINK_KEY), which LockLinks (LATCH_LOCK_LINKS) needs: %w", err)
	}
	a.linkKey = options.LinkKey
	return nil
}

// register makes the routes, all of which the OpenAPI document describes.
func (a *api) register(public string) {
	config := huma.Config{
		OpenAPI:       openAPI(public),
		Formats:       map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat},
		DefaultFormat: "application/json",
	}
	a.huma = humago.New(a.mux, config)
	a.huma.UseMiddleware(a.checkRole)
	a.registerReleases()
	a.registerEvents()
	a.registerLocks()
	a.registerMitto()
	a.registerHooks()
	a.registerWebhookHistory()
	a.registerDeliveries()
	a.registerDeliverySearch()
	a.registerPages()
	a.registerOpenAPI()
}

func (a *api) registerOpenAPI() {
	a.handle(operation{id: "get-openapi", method: http.MethodGet, path: openAPIPath, public: true, summary: "Show this document",
		about: "Each operation states in " + roleExtension + " the least role that it takes; " + roleNone + " is open to all."},
		openAPIPath, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/openapi+json")
			_, _ = w.Write(a.described) // the caller has gone away
		})
}

// describeRoutes writes the OpenAPI document once all routes are made.
func (a *api) describeRoutes() (err error) {
	if a.described, err = json.Marshal(a.huma.OpenAPI()); err != nil {
		return fmt.Errorf("api: OpenAPI: %w", err)
	}
	return nil
}

// noRoute answers what no route takes: 405 where another method is taken.
func (a *api) noRoute(w http.ResponseWriter, r *http.Request) {
	if refused := mayDo(callerOf(r.Context()), RoleRead); refused != nil {
		writeProblem(w, refused)
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
		writeProblem(w, problem(http.StatusMethodNotAllowed, "%s is not taken here.", r.Method))
		return
	}
	if word := foreign(r.URL.Path); word != "" {
		writeProblem(w, problem(http.StatusNotFound, "%s", word))
		return
	}
	writeProblem(w, problem(http.StatusNotFound, "There is nothing here; %s tells what there is. A lock's token is percent-encoded in a path.", openAPIPath))
}

// refuse answers a request that does not get in, as a page where a browser asks for one.
func (a *api) refuse(w http.ResponseWriter, r *http.Request, p *Problem) {
	if wantsPage(r) {
		a.writeRefusal(w, r, p)
		return
	}
	writeProblem(w, p)
}

func hashOf(body []byte) string {
	hash := sha256.Sum256(body)
	return hex.EncodeToString(hash[:])
}
