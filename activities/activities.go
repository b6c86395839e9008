package activities

import (
	"sync"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/voucher"
)

// Options configures a worker's activities. The zero value allows nothing: no secrets, no
// private addresses, no commands.
type Options struct {
	// Sender makes the HTTP attempts. It is required.
	Sender *delivery.Sender
	// FQDN and Environment are the template variable system.
	FQDN, Environment string
	// APIURL is the public address of Latch's API, for links to locks. Without it locks have no
	// link.
	APIURL string
	// TemporalUI is the address of Temporal UI, for links to the runs that a watch has found.
	// Without it they have no link.
	TemporalUI string
	// LinkKey signs the links to locks, so that they open a lock's page without an API key.
	// Without it they are not signed.
	LinkKey []byte
	// Vouchers verifies who votes about a lock, and who started a run. Without it no name is
	// proven.
	Vouchers voucher.Key
	// AllowCommands allows command tasks.
	AllowCommands bool
	// SearchAttributes makes runs upsert search attributes, which must exist on the server.
	SearchAttributes bool
	// Evidence says where evidence of runs is sent.
	Evidence Evidence
	// Lifecycle are the workflows that know nothing of Latch, around which the events of a job
	// fire.
	Lifecycle []Lifecycle
	// IgnoreEnds leaves jobs and releases that are terminated or time out unreported.
	IgnoreEnds bool
	// DataConverter returns the data converter of the worker's client, which encoded the
	// registered entries. If nil, it is the default one.
	DataConverter func() converter.DataConverter
}

// Activities implements Latch's activities in one worker.
type Activities struct {
	options Options
	// stores are the registries of the task queues that the worker serves.
	stores sync.Map // of storeKey to *registry.Store
	// services are the newest known ways to ask the server.
	services sync.Map // of namespace to workflowservice.WorkflowServiceClient
	known    attributes
	// flights are the first attempts that this worker makes in volleys.
	flights *flights
	own     sync.Map // of namespace to *ownWorker
	// homes are the task queues whose queues of rates the process serves, by the latter. rates are
	// those of them that Temporal limits.
	homes, rates sync.Map // of storeKey to string, to bool
	// lookedFor says when the finder of ended runs was last started, by task queue.
	lookedFor sync.Map // of storeKey to time.Time
	// endpoints passes on the results of attempts at endpoints.
	endpoints *endpointReports
}

// New returns the activities of one worker.
func New(options Options) *Activities {
	return &Activities{options: options, flights: newFlights(), endpoints: newEndpointReports()}
}

// Endpoints has the same meaning as [delivery.Sender.Endpoints].
func (a *Activities) Endpoints() (known, silent int) { return a.options.Sender.Endpoints() }

// dataConverter returns the data converter of the worker's client.
func (a *Activities) dataConverter() converter.DataConverter {
	if a.options.DataConverter != nil {
		if given := a.options.DataConverter(); given != nil {
			return given
		}
	}
	return converter.GetDefaultDataConverter()
}

// A Registry registers activities. Workers and the SDK's test environment implement it.
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
		{protocol.ActivityTakeTurn, a.TakeTurn},
		{protocol.ActivityHasEnded, a.HasEnded},
		{protocol.ActivityAwaitEnd, a.AwaitEnd},
		{protocol.ActivityWatch, a.Watch},
		{protocol.ActivityEnds, a.Ends},
		{protocol.ActivityReadEnd, a.ReadEnd},
		{protocol.ActivityReadArgument, a.ReadArgument},
		{protocol.ActivityReadState, a.ReadState},
		{protocol.ActivityNewerRun, a.NewerRun},
		{protocol.ActivityCompose, a.Compose},
		{protocol.ActivityJudge, a.Judge},
		{protocol.ActivitySendEvidence, a.SendEvidence},
		{protocol.ActivityExamine, a.Examine},
		{protocol.ActivityEarlierJobs, a.EarlierJobs},
		{protocol.ActivityFreezes, a.Freezes},
	} {
		registry.RegisterActivityWithOptions(each.function, activity.RegisterOptions{Name: each.name})
	}
}
