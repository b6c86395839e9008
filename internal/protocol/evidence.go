package protocol

// An Evidence is the argument of latch.Evidence and of its activity: the run whose evidence is
// sent once it has closed.
type Evidence struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
}

// An EvidenceSent is the result: what the receiver answered.
type EvidenceSent struct {
	Status   int `json:"status"`
	Attempts int `json:"attempts"`
}
