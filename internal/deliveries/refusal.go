package deliveries

import (
	"fmt"

	"github.com/latch-run/latch"
)

// A Reason says why a request was refused.
type Reason int

// Reasons of a [RefusedError].
const (
	// Unknown: there is no such delivery, or Temporal has deleted its run.
	Unknown Reason = iota
	// UnderWay: the delivery, or a redelivery, is being sent.
	UnderWay
	// NeverSent: the delivery was never sent, so it cannot be redelivered.
	NeverSent
	// Invalid: the arguments are not valid.
	Invalid
)

// A RefusedError says what was refused, and why. If it names a run, that run is
// the obstacle.
type RefusedError struct {
	Reason            Reason
	WorkflowID, RunID string
	message           string
}

// Error returns the message, a sentence.
func (e *RefusedError) Error() string { return e.message }

func refused(reason Reason, format string, args ...any) *RefusedError {
	return &RefusedError{Reason: reason, message: fmt.Sprintf(format, args...)}
}

func noDelivery(id string) *RefusedError {
	return refused(Unknown, "There is no delivery %q, or Temporal has forgotten its run.", id)
}

// standsInTheWay returns the refusal for a delivery that the run is sending or
// has sent.
func standsInTheWay(reason Reason, run execution, format string, args ...any) *RefusedError {
	err := refused(reason, format, args...)
	err.WorkflowID, err.RunID = run.GetWorkflowId(), run.GetRunId()
	return err
}

// A MissingAttributeError says that the namespace lacks the search attribute
// that a search needs, and how to create it.
type MissingAttributeError struct {
	Namespace string
	cause     string
}

// Error says which search attribute is missing and how to create it.
func (e *MissingAttributeError) Error() string {
	return fmt.Sprintf("A history across runs needs the search attribute %s in the namespace %s. "+
		"Create what Latch knows: `temporal operator search-attribute create --namespace %s --name %s --type KeywordList --name %s --type Keyword --name %s --type Keyword --name %s --type Bool`, "+
		"and start the workers with LATCH_SEARCH_ATTRIBUTES=true; runs that begin from then on are found. Temporal says: %s",
		latch.SearchAttributeWebhooks, e.Namespace, e.Namespace, latch.SearchAttributeWebhooks, latch.SearchAttributeID,
		latch.SearchAttributeStatus, latch.SearchAttributeWaiting, e.cause)
}
