package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/worker"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/activities"
	"github.com/latch-run/latch/internal/anyid"
	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/evidence"
	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/nexusservice"
	"github.com/latch-run/latch/internal/secret"
	environment "github.com/latch-run/latch/internal/settings"
	"github.com/latch-run/latch/internal/voucher"
	"github.com/latch-run/latch/workflows"
)

// Options configure what Latch may do in a worker. The zero value is the safe one.
type Options struct {
	// Secrets are the values of the secrets, by name. A value that begins with whsec_
	// (symmetric) or whsk_ (ed25519) only signs. A value with several lines signs with each
	// line and sends the first one. A value in PEM, for tls, is used as a whole.
	Secrets map[string]string
	// SecretHosts binds secrets, by name, to the hosts that they may be sent to, such as
	// "hooks.example.com", "*.corp:8443" or, to allow plain http as well,
	// "http://hooks.internal". A bound secret is sent nowhere else. The pattern "command://"
	// allows it in command tasks.
	SecretHosts map[string][]string
	// SecretHostsRequired rejects the use of a secret that is bound to no host.
	SecretHostsRequired bool
	// EgressAllow are the addresses that may be called although they are not public: a CIDR, an
	// IP, a host or host:port each.
	EgressAllow []string
	// EgressProxy is the URL of a proxy for all outgoing requests.
	EgressProxy string
	// EgressNoProxy are hosts, host:ports, *.domains, IPs and CIDRs that are called without the
	// proxy. EgressAllow applies to them.
	EgressNoProxy []string
	// EgressProxyResolves are hosts, host:ports and *.domains whose names only the proxy can
	// resolve. Their addresses are not checked.
	EgressProxyResolves []string
	// PerEndpoint is how many webhooks may be in flight to one endpoint at once, so that a slow
	// one does not occupy all of the worker's activities; 500 by default. A worker with fewer
	// than 1000 concurrent activities should set a lower value.
	PerEndpoint int
	// Redact says which parts of an endpoint's answer no record of any webhook keeps, in
	// addition to those that the webhook itself names.
	Redact latch.Redaction
	// AllowCommands allows command tasks on the worker.
	AllowCommands bool
	// FQDN and Environment are the template variables system.fqdn and system.environment. FQDN
	// defaults to APIURL's host, or else the machine's name.
	FQDN, Environment string
	// APIURL is the public address of Latch's API, for links to locks.
	APIURL string
	// TemporalUI is the address of Temporal UI, for links to the runs that a watch has found.
	TemporalUI string
	// LockLinks adds an HMAC by LinkKey to links to locks, so that they open the lock's page
	// without an API key. Everybody who sees such a link may then remove the lock.
	LockLinks bool
	// EvidenceWebhook is the URL that signed evidence of each release and gate is sent to once it
	// has closed. EvidenceKey, an ed25519 private key in PEM, signs it. EvidenceSecret is the name
	// of the secret that signs the request, by Standard Webhooks; it may be empty.
	EvidenceWebhook, EvidenceSecret string
	EvidenceKey                     []byte
	// LinkKey has at least 16 bytes, the same as the API's. By it the API also proves to a run who
	// votes about its locks.
	LinkKey []byte
	// SearchAttributes makes runs upsert the search attributes LatchID, LatchStatus and
	// LatchWaiting, which must exist on the server, and LatchWebhooks if it exists.
	SearchAttributes bool
	// Lifecycle fires the events of a job (JOB_START, JOB_COMPLETE, JOB_SUCCESS, JOB_FAILURE)
	// around workflows that know nothing of Latch.
	Lifecycle []Lifecycle
	// IgnoreEnds leaves jobs and releases unreported that are terminated or time out. Otherwise
	// the first job or release on a task queue starts a workflow latch-ends-<task queue>, which
	// finds them and costs six events of history an hour. It must be the same for all workers of
	// a task queue: any that ignores ends ends the search for all.
	IgnoreEnds bool
	// DataConverter is the data converter of the worker's client. It must be set if it is not
	// the default one and the plugin is not given to the client too: registered entries were
	// encoded with it.
	DataConverter converter.DataConverter

	// store holds secrets from the environment.
	store *secret.Store
	// variables reports that the options come from the environment, so that errors name only
	// the variables.
	variables bool
}

// A Plugin is a worker plugin and a client plugin.
type Plugin struct {
	*temporal.SimplePlugin
	activities  *activities.Activities
	secrets     *secret.Store
	interceptor *workflows.Interceptor
	problem     error

	mutex sync.Mutex
	// converter is the data converter of the client that the plugin was given to.
	converter converter.DataConverter
	// registered are the running workers and replayers.
	registered map[string]bool
	// activitiesOnly are the workers, by instance key, that run no workflows: the SDK panics if
	// one is registered with them.
	activitiesOnly map[string]bool
	// stopTimeouts are the WorkerStopTimeouts of the workers, by instance key.
	stopTimeouts map[string]time.Duration
}

// New returns the plugin. Invalid options (an unreadable address in EgressAllow, a malformed
// name of a secret) are reported, all at once, by [Plugin.Err], and by the worker or client
// that is given the plugin: the SDK panics in worker.New and returns an error from client.Dial.
func New(options Options) *Plugin {
	p := &Plugin{interceptor: &workflows.Interceptor{}, registered: map[string]bool{}, activitiesOnly: map[string]bool{}, stopTimeouts: map[string]time.Duration{}, converter: options.DataConverter}
	var err error
	p.secrets, err = secretsOf(options)
	p.activities, p.problem = newActivities(options, p.secrets, p.dataConverter)
	p.problem = errors.Join(err, p.problem)
	if p.problem == nil && p.activities.HasLifecycle() {
		p.interceptor.Listeners = p.activities
	}
	p.SimplePlugin, err = temporal.NewSimplePlugin(temporal.SimplePluginOptions{
		Name:                      "latch.run/latch",
		ConfigureClient:           p.configureClient,
		ConfigureWorker:           p.configureWorker,
		ConfigureWorkflowReplayer: p.configureReplayer,
		RunContextBefore:          p.register,
		RunContextAfter:           p.forget,
	})
	p.problem = errors.Join(p.problem, err)
	return p
}

// Err returns all problems of the options.
func (p *Plugin) Err() error { return p.problem }

// UnboundSecrets returns the names of the secrets that may be sent to any host, sorted: those
// that SecretHosts does not bind, unless SecretHostsRequired is set. The author of a job, a
// release or an event can have such a secret sent to a host of their own, so a worker should
// log these names at its start.
func (p *Plugin) UnboundSecrets() []string {
	if p.secrets.HostsRequired() {
		return nil
	}
	return p.secrets.Unbound()
}

// Endpoints returns how many endpoints (scheme, host and port) the plugin's workers have called
// recently, and how many of them are silent: none of the last 50 or more attempts got an
// answer. Both are 0 if [Plugin.Err] is not nil.
func (p *Plugin) Endpoints() (known, silent int) {
	if p.activities == nil {
		return 0, 0
	}
	return p.activities.Endpoints()
}

// secretsOf returns the store of the options' secrets.
func secretsOf(options Options) (*secret.Store, error) {
	if options.store != nil {
		return options.store, nil
	}
	store, err := secret.New(options.Secrets, secret.Options{Hosts: options.SecretHosts, HostsRequired: options.SecretHostsRequired})
	if err != nil {
		return nil, fmt.Errorf("latch plugin: %w", err)
	}
	return store, nil
}

func newActivities(options Options, store *secret.Store, dataConverter func() converter.DataConverter) (*activities.Activities, error) {
	var problems []error
	sender, err := delivery.New(delivery.Options{Secrets: store, EgressAllow: options.EgressAllow, EgressProxy: options.EgressProxy,
		EgressNoProxy: options.EgressNoProxy, EgressProxyResolves: options.EgressProxyResolves, Redact: options.Redact, PerEndpoint: options.PerEndpoint})
	problems = append(problems, err)
	fqdn, err := fqdnOf(options)
	problems = append(problems, err)
	if err := environment.CheckURL(options.TemporalUI); err != nil {
		problems = append(problems, fmt.Errorf("%s: %w", options.name("TemporalUI", "LATCH_TEMPORAL_UI_URL"), err))
	}
	linkKey, err := linkKeyOf(options)
	problems = append(problems, err, checkLifecycles(options.Lifecycle))
	sendsEvidence, err := evidenceOf(options)
	problems = append(problems, err)
	if err := errors.Join(problems...); err != nil {
		if options.variables {
			return nil, err
		}
		return nil, fmt.Errorf("latch plugin: %w", err)
	}
	return activities.New(activities.Options{
		Sender:           sender,
		FQDN:             fqdn,
		Environment:      options.Environment,
		APIURL:           options.APIURL,
		TemporalUI:       options.TemporalUI,
		LinkKey:          linkKey,
		Evidence:         sendsEvidence,
		Vouchers:         voucher.NewKey(options.LinkKey),
		AllowCommands:    options.AllowCommands,
		SearchAttributes: options.SearchAttributes,
		IgnoreEnds:       options.IgnoreEnds,
		DataConverter:    dataConverter,
		Lifecycle:        lifecyclesOf(options.Lifecycle),
	}), nil
}

// evidenceOf returns where evidence goes, and by which key.
func evidenceOf(options Options) (activities.Evidence, error) {
	if options.EvidenceWebhook == "" {
		return activities.Evidence{}, nil
	}
	var problems []error
	if err := environment.CheckURL(options.EvidenceWebhook); err != nil {
		problems = append(problems, fmt.Errorf("%s: %w", options.name("EvidenceWebhook", "LATCH_EVIDENCE_WEBHOOK"), err))
	}
	key, err := evidence.ParseKey(options.EvidenceKey)
	if err != nil {
		problems = append(problems, fmt.Errorf("%s, which %s needs: %w", options.name("EvidenceKey", "LATCH_EVIDENCE_KEY"),
			options.name("EvidenceWebhook", "LATCH_EVIDENCE_WEBHOOK"), err))
	}
	return activities.Evidence{URL: options.EvidenceWebhook, Secret: options.EvidenceSecret, Key: key}, errors.Join(problems...)
}

// linkKeyOf returns the key that signs links, or nil if they are not signed.
func linkKeyOf(options Options) ([]byte, error) {
	err := locklink.CheckKey(options.LinkKey)
	switch {
	case !options.LockLinks && (err == nil || len(options.LinkKey) == 0):
		return nil, nil
	case !options.LockLinks:
		return nil, fmt.Errorf("%s: %w", options.name("LinkKey", "LATCH_LINK_KEY"), err)
	case err != nil:
		return nil, fmt.Errorf("%s, which %s needs: %w", options.name("LinkKey", "LATCH_LINK_KEY"), options.name("LockLinks", "LATCH_LOCK_LINKS"), err)
	}
	return options.LinkKey, nil
}

func fqdnOf(options Options) (string, error) {
	if err := environment.CheckURL(options.APIURL); err != nil {
		return "", fmt.Errorf("%s: %w", options.name("APIURL", "LATCH_API_URL"), err)
	}
	return environment.FQDN(options.FQDN, options.APIURL)
}

// name returns an option's name in its source.
func (o Options) name(field, variable string) string {
	if o.variables {
		return variable
	}
	return field + " (" + variable + ")"
}

func (p *Plugin) configureClient(_ context.Context, options client.PluginConfigureClientOptions) error {
	if options.ClientOptions == nil {
		return p.problem
	}
	anyid.Configure(options.ClientOptions)
	if p.activities != nil && p.activities.HasLifecycle() {
		p.knowConnection(options.ClientOptions)
	}
	if options.ClientOptions.DataConverter != nil {
		p.mutex.Lock()
		defer p.mutex.Unlock()
		p.converter = options.ClientOptions.DataConverter
	}
	return p.problem
}

// dataConverter returns the data converter of the worker's client, or nil for the default.
func (p *Plugin) dataConverter() converter.DataConverter {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.converter
}

func (p *Plugin) configureWorker(_ context.Context, options worker.PluginConfigureWorkerOptions) error {
	options.WorkerOptions.Interceptors = p.intercept(options.WorkerOptions.Interceptors)
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.stopTimeouts[options.WorkerInstanceKey] = options.WorkerOptions.WorkerStopTimeout
	if options.WorkerOptions.DisableWorkflowWorker {
		p.activitiesOnly[options.WorkerInstanceKey] = true
	}
	return p.problem
}

func (p *Plugin) configureReplayer(_ context.Context, options worker.PluginConfigureWorkflowReplayerOptions) error {
	options.WorkflowReplayerOptions.Interceptors = p.intercept(options.WorkflowReplayerOptions.Interceptors)
	return p.problem
}

// intercept adds the plugin's interceptor, once.
func (p *Plugin) intercept(interceptors []interceptor.WorkerInterceptor) []interceptor.WorkerInterceptor {
	if slices.Contains(interceptors, interceptor.WorkerInterceptor(p.interceptor)) {
		return interceptors
	}
	return append(interceptors, p.interceptor)
}

// register registers workflows and activities, once for each worker, whether the plugin was
// given to the worker, to its client or to both.
func (p *Plugin) register(_ context.Context, options temporal.SimplePluginRunContextBeforeOptions) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.problem != nil || p.registered[options.InstanceKey] {
		return p.problem
	}
	p.registered[options.InstanceKey] = true
	if !p.activitiesOnly[options.InstanceKey] {
		workflows.Register(options.Registry)
	}
	if !options.WorkflowReplayer {
		p.activities.Register(options.Registry)
		if !p.activitiesOnly[options.InstanceKey] {
			options.Registry.RegisterNexusService(nexusservice.New())
		}
	}
	return nil
}

// StopWorker stops a worker. If no other worker that runs workflows is left, it then waits for
// deliveries whose first attempts continue outside of activities. In total this takes no longer
// than the worker's WorkerStopTimeout.
func (p *Plugin) StopWorker(ctx context.Context, options worker.PluginStopWorkerOptions, next func(context.Context, worker.PluginStopWorkerOptions)) {
	p.mutex.Lock()
	key := options.WorkerInstanceKey // if given to client and worker, the plugin is called twice
	atMost, ranWorkflows := p.stopTimeouts[key], p.registered[key] && !p.activitiesOnly[key]
	p.mutex.Unlock()
	ctx, cancel := context.WithTimeout(ctx, atMost)
	defer cancel()
	p.SimplePlugin.StopWorker(context.WithoutCancel(ctx), options, next)
	if ranWorkflows && !p.runsWorkflows() {
		p.activities.Stop(ctx)
	}
}

// runsWorkflows reports whether a running worker runs workflows.
func (p *Plugin) runsWorkflows() bool {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for key := range p.registered {
		if !p.activitiesOnly[key] {
			return true
		}
	}
	return false
}

func (p *Plugin) forget(_ context.Context, options temporal.SimplePluginRunContextAfterOptions) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	delete(p.registered, options.InstanceKey)
	delete(p.activitiesOnly, options.InstanceKey)
	delete(p.stopTimeouts, options.InstanceKey)
}
