package activities

import (
	"sync"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/protocol"
)

// Options is what a worker's activities go by. The zero value allows nothing:
// no secrets, no private addresses, no commands.
type Options struct {
	// Sender makes the HTTP attempts. It is required.
	Sender *delivery.Sender
	// FQDN and Environment are what templates see as system.
	FQDN, Environment string
	// APIURL is the public address of Latch's API, for links to locks; without
	// it locks have no link.
	APIURL string
	// TemporalUI is the address of Temporal UI, for links to runs; without it the
	// runs that a watch has found have no link.
	TemporalUI string
	// LinkKey signs those links, so that they open a lock's page without an API
	// key; without it they are not signed.
	LinkKey []byte
	// AllowCommands lets command tasks run.
	AllowCommands bool
	// SearchAttributes has runs upsert search attributes, which the server must
	// know.
	SearchAttributes bool
	// DataConverter returns that of the worker's client, which encoded what is
	// registered; the default one unless set.
	DataConverter func() converter.DataConverter
}

// Activities is Latch's activities in one worker.
type Activities struct {
	options Options
	// stores are the registries of the task queues that the worker serves.
	stores sync.Map // of storeKey to *registry.Store
	known  attributes
	// flights are the first attempts that this worker makes in volleys.
	flights *flights
	own     sync.Map // of namespace to *ownWorker
	// endpoints passes on what attempts at endpoints come to.
	endpoints *endpointReports
}

// New makes the activities of one worker.
func New(options Options) *Activities {
	return &Activities{options: options, flights: newFlights(), endpoints: newEndpointReports()}
}

// Endpoints is as in [delivery.Sender.Endpoints].
func (a *Activities) Endpoints() (known, silent int) { return a.options.Sender.Endpoints() }

// dataConverter returns what the worker's client encodes with.
func (a *Activities) dataConverter() converter.DataConverter {
	if a.options.DataConverter != nil {
		if given := a.options.DataConverter(); given != nil {
			return given
		}
	}
	return converter.GetDefaultDataConverter()
}

// A Registry takes activities; a worker and the SDK's test environment are
// registries.
type Registry interface {
	RegisterActivityWithOptions(a any, options activity.RegisterOptions)
}

// Register registers the activities under the contract's names.
func (a *Activities) Register(registry Registry) {
	for _, each := range []struct {
		name     string
		function any
	}{
		{latch.ActivitySendWebhook, a.SendWebhook},
		{latch.ActivityHTTP, a.HTTP},
		{latch.ActivityCommand, a.Command},
		{protocol.ActivityAdmit, a.Admit},
		{protocol.ActivityPlan, a.Plan},
		{protocol.ActivityEvaluate, a.Evaluate},
		{protocol.ActivityRender, a.Render},
		{protocol.ActivityPendingAttempts, a.PendingAttempts},
		{protocol.ActivityAwaitFirstAttempts, a.AwaitFirstAttempts},
		{protocol.ActivityResolve, a.Resolve},
		{protocol.ActivityTimes, a.Times},
		{protocol.ActivityVolley, a.Volley},
		{protocol.ActivityOwnerLives, a.OwnerLives},
		{protocol.ActivityObserve, a.Observe},
		{protocol.ActivityProbe, a.Probe},
		{protocol.ActivitySendKept, a.SendKept},
		{protocol.ActivitySendKeptBatch, a.SendKeptBatch},
		{protocol.ActivityWatch, a.Watch},
		{protocol.ActivityCompose, a.Compose},
		{protocol.ActivityJudge, a.Judge},
	} {
		registry.RegisterActivityWithOptions(each.function, activity.RegisterOptions{Name: each.name})
	}
}
