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
	// GateKind is a custom event at which hooks decide.
	GateKind Kind = "gate"
	// DeliveryKind is an event about a delivery, which any run fires.
	DeliveryKind Kind = "operator"
	// WebhookKind is a webhook that stands by itself.
	WebhookKind Kind = "webhook"
	// RulesKind is tests of the rules by which webhooks decide.
	RulesKind Kind = "rules"
)

// kindsOfWorkflows are the kinds by the workflow types that run them.
var kindsOfWorkflows = map[string]Kind{WorkflowJobRun: JobKind, WorkflowRelease: ReleaseKind, WorkflowEmit: EmissionKind}

// KindOfWorkflow returns what a run of the workflow type is about; empty for a
// workflow of a user's own.
func KindOfWorkflow(workflowType string) Kind { return kindsOfWorkflows[workflowType] }

// fires tells whether a run of the kind fires the event.
func (k Kind) fires(event string) bool {
	known, is := builtIn(event)
	switch {
	case !is:
		return k != JobKind && k != ReleaseKind
	default:
		return known.Of == DeliveryKind || known.Of == k
	}
}
