package latch

// A Kind is what an input describes, and what its run is about.
type Kind string

// The kinds, as files, the command line and admission name them.
const (
	JobKind     Kind = "job"
	ReleaseKind Kind = "release"
	// EmissionKind is a custom event of latch.Emit, or one that a workflow of a
	// user's own fires.
	EmissionKind Kind = "emission"
	// BatchKind is custom events that one run fires.
	BatchKind Kind = "batch"
	// GateKind is a custom event at which hooks decide: that of latch.Gate, or a
	// gate in a workflow of a user's own.
	GateKind Kind = "gate"
	// DeliveryKind is an event about a delivery, which any run fires.
	DeliveryKind Kind = "operator"
	// EndpointKind is an event about the endpoint of a registered webhook.
	EndpointKind Kind = "endpoint"
	// WebhookKind is a webhook that stands by itself.
	WebhookKind Kind = "webhook"
	// WatchKind is the end of a workflow that a watch has found.
	WatchKind Kind = "watch"
	// RulesKind is tests of the rules by which webhooks decide.
	RulesKind Kind = "rules"
)

// A kindOfRun is a kind that has runs: their workflow type, and how their ids
// begin.
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

// run returns the row of the kind, the zero value for a kind that has no runs.
func (k Kind) run() kindOfRun {
	for _, each := range kindsOfRuns {
		if each.kind == k {
			return each
		}
	}
	return kindOfRun{}
}

// KindOfWorkflow returns what a run of the workflow type is about; empty for a
// workflow of a user's own.
func KindOfWorkflow(workflowType string) Kind {
	for _, each := range kindsOfRuns {
		if each.workflow == workflowType {
			return each.kind
		}
	}
	return ""
}

// Workflow returns the workflow type that runs the kind; empty for a kind that
// has no runs.
func (k Kind) Workflow() string { return k.run().workflow }

// WorkflowID returns the workflow id of the job, release, emission or gate that has
// the id, unless whoever starts it chooses another.
func (k Kind) WorkflowID(id string) string { return k.run().prefix + id }

// fires reports whether a run of the kind fires the event.
func (k Kind) fires(event string) bool {
	known, is := builtIn(event)
	switch {
	case !is:
		return k != JobKind && k != ReleaseKind && k != EndpointKind && k != WatchKind
	default:
		return known.Of == DeliveryKind || known.Of == k
	}
}
