package latch

// A Kind is the kind of an input and of its run.
type Kind string

// These are the kinds, with their names in files, on the command line and in admission.
const (
	JobKind     Kind = "job"
	ReleaseKind Kind = "release"
	// EmissionKind is a custom event, of latch.Emit or of a user's own workflow.
	EmissionKind Kind = "emission"
	// BatchKind is a number of custom events that one run fires.
	BatchKind Kind = "batch"
	// GateKind is a custom event at which hooks decide: that of latch.Gate, or of a gate in a
	// user's own workflow.
	GateKind Kind = "gate"
	// DeliveryKind is an event about a delivery, which any run fires.
	DeliveryKind Kind = "operator"
	// EndpointKind is an event about the endpoint of a registered webhook.
	EndpointKind Kind = "endpoint"
	// LockKind is an event about a lock, which any run that holds one fires.
	LockKind Kind = "lock"
	// WebhookKind is a registered webhook.
	WebhookKind Kind = "webhook"
	// WatchKind is the end of a workflow that a watch has found.
	WatchKind Kind = "watch"
	// FreezeKind is a freeze.
	FreezeKind Kind = "freeze"
	// LifecycleKind is a run of a workflow that knows nothing of Latch, around which a worker
	// fires the events of a job.
	LifecycleKind Kind = "lifecycle"
	// RulesKind is a file of tests for the rules by which webhooks decide.
	RulesKind Kind = "rules"
)

// A kindOfRun is a kind that has runs, with their workflow type and the prefix of their ids.
type kindOfRun struct {
	kind             Kind
	workflow, prefix string
}

var kindsOfRuns = []kindOfRun{
	{JobKind, WorkflowJobRun, PrefixJobRun},
	{ReleaseKind, WorkflowRelease, PrefixRelease},
	{EmissionKind, WorkflowEmit, PrefixEmission},
	{BatchKind, WorkflowEmitBatch, PrefixBatch},
	{GateKind, WorkflowGate, PrefixGate},
}

// run returns the row of the kind, or the zero value for a kind without runs.
func (k Kind) run() kindOfRun {
	for _, each := range kindsOfRuns {
		if each.kind == k {
			return each
		}
	}
	return kindOfRun{}
}

// KindOfWorkflow returns the kind of run for a workflow type, or "" for a user's own workflow.
func KindOfWorkflow(workflowType string) Kind {
	for _, each := range kindsOfRuns {
		if each.workflow == workflowType {
			return each.kind
		}
	}
	return ""
}

// Workflow returns the workflow type that runs the kind, or "" for a kind without runs.
func (k Kind) Workflow() string { return k.run().workflow }

// WorkflowID returns the default workflow id of the job, release, emission or gate with the id.
func (k Kind) WorkflowID(id string) string { return k.run().prefix + id }

// fires reports whether a run of the kind fires the event.
func (k Kind) fires(event string) bool {
	known, is := builtIn(event)
	switch {
	case !is:
		return k != JobKind && k != ReleaseKind && k != EndpointKind && k != WatchKind && k != LifecycleKind
	case known.Of == LockKind:
		return k != DeliveryKind && k != EndpointKind && k != WatchKind // their events hold nothing
	case k == LifecycleKind:
		return known.Of == DeliveryKind || IsLifecycleEvent(event)
	default:
		return known.Of == DeliveryKind || known.Of == k
	}
}
