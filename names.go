package latch

// Version is the version of this module, which is part of the User-Agent of every request.
const Version = "0.1.0"

// DefaultTaskQueue is the default task queue of Latch's worker.
const DefaultTaskQueue = "latch"

// WorkflowPrefix begins the names of Latch's workflow types.
const WorkflowPrefix = "latch."

// These are the names of the workflow types.
const (
	WorkflowJobRun  = "latch.JobRun"
	WorkflowRelease = "latch.Release"
	WorkflowEmit    = "latch.Emit"
	// WorkflowEmitBatch fires several custom events in one run.
	WorkflowEmitBatch = "latch.EmitBatch"
	// WorkflowGate waits for the decision of hooks, and fails unless they let it pass.
	WorkflowGate = "latch.Gate"
	// WorkflowDeliver continues a delivery that outlives the run that fired it.
	WorkflowDeliver = "latch.Deliver"
	// WorkflowTrigger is started by the schedule of a registered job. It starts the job's run,
	// unless one is open.
	WorkflowTrigger = "latch.Trigger"
	// WorkflowJobNotice informs the webhooks of a registered job about a run that did not take
	// place. It fires [EventJobSkipped] or [EventJobMissed].
	WorkflowJobNotice = "latch.JobNotice"
	// WorkflowStartOnce starts a run for the HTTP API under an idempotency key.
	WorkflowStartOnce = "latch.StartOnce"
	// WorkflowEndpoint counts the failed attempts at the endpoint of a registered webhook, for
	// as long as the endpoint does not work.
	WorkflowEndpoint = "latch.Endpoint"
	// WorkflowWatch finds the workflows that close for one [RegisteredWatch], for as long as
	// the watch is registered.
	WorkflowWatch = "latch.Watch"
	// WorkflowWatchNotice fires the events of workflows that a watch has found.
	WorkflowWatchNotice = "latch.WatchNotice"
	// WorkflowTurns has releases of one concurrency key run one at a time.
	WorkflowTurns = "latch.Turns"
	// WorkflowEnds finds the jobs and releases of one task queue that were terminated or timed
	// out, so that no code of theirs reports it.
	WorkflowEnds = "latch.Ends"
	// WorkflowEndNotice reports the end of one of them, and carries out a release's undos if
	// its on_terminate is rollback.
	WorkflowEndNotice = "latch.EndNotice"
	// WorkflowDeliverInOrder sends deliveries that were kept, one after the other.
	WorkflowDeliverInOrder = "latch.DeliverInOrder"
	// WorkflowEvidence sends the evidence of a run that has closed.
	WorkflowEvidence = "latch.Evidence"
	// WorkflowAudit has what people and programs did on one task queue in its history.
	WorkflowAudit = "latch.Audit"
)

// NexusService is the name of the Nexus service. The others are its operations: each takes the
// input of the workflow or message with that name and returns its result.
const (
	NexusService     = "latch"
	NexusRunJob      = "run-job"
	NexusRunRelease  = "run-release"
	NexusGate        = "gate"
	NexusEmit        = "emit"
	NexusReleaseLock = "release-lock"
)

// These are the names of the activity types that a task queue must serve.
const (
	ActivitySendWebhook = "latch.SendWebhook"
	ActivityHTTP        = "latch.HTTP"
	ActivityCommand     = "latch.Command"
)

// These are the names of the messages to a run. Each is both a signal (without an answer) and
// an update (validated and answered).
const (
	MessageReleaseLock = "release_lock"
	MessageExtendLock  = "extend_lock"
	MessageRecord      = "record"
	MessageStop        = "stop"
	MessageRollback    = "rollback"
	MessageSkip        = "skip"
	// MessageRetry retries a failed step of a release. Only a release that pauses at failures
	// accepts it. [MessageSkip] continues without the step.
	MessageRetry = "retry"
)

// These are the names of the queries that a run answers.
const (
	// QueryStatus returns a [Status].
	QueryStatus = "status"
	// QueryHistory returns an array of [Record], oldest first. Its optional argument is a
	// [HistoryQuery].
	QueryHistory = "history"
)

// These are the types of the application errors of Latch's workflows and updates. None of them
// is retried.
const (
	ErrorInvalidSpec     = "InvalidSpec"
	ErrorInvalidArgument = "InvalidArgument"
	ErrorUnknownLock     = "UnknownLock"
	ErrorTooLate         = "TooLate"
	ErrorForbidden       = "Forbidden"
	// ErrorOtherDigest refuses a removal that names another digest than the lock's.
	ErrorOtherDigest        = "OtherDigest"
	ErrorJobFailed          = "JobFailed"
	ErrorReleaseFailed      = "ReleaseFailed"
	ErrorRollbackIncomplete = "RollbackIncomplete"
	// ErrorReleaseStopped and ErrorReleaseRolledBack end a release whose fail_on names its
	// outcome.
	ErrorReleaseStopped    = "ReleaseStopped"
	ErrorReleaseRolledBack = "ReleaseRolledBack"
	// ErrorConcurrencyRefused ends a release whose concurrency key is taken.
	ErrorConcurrencyRefused = "ConcurrencyRefused"
	// ErrorGateStopped and ErrorGateRolledBack end a gate that did not let its caller pass. The
	// details are a [GateResult].
	ErrorGateStopped    = "GateStopped"
	ErrorGateRolledBack = "GateRolledBack"
)

// These are the names of the search attributes that a run upserts if the worker is configured
// to. They must exist on the Temporal server.
const (
	// SearchAttributeID (Keyword) is the id of the job, release or emission.
	SearchAttributeID = "LatchID"
	// SearchAttributeStatus (Keyword) is the run's status.
	SearchAttributeStatus = "LatchStatus"
	// SearchAttributeWaiting (Bool) is true while the run waits for a lock, or for a person's
	// choice about a failed step.
	SearchAttributeWaiting = "LatchWaiting"
	// SearchAttributeWebhooks (KeywordList) holds the ids of the run's webhooks, and
	// <id>:<event> for each event that one listens to. It makes it possible to find a webhook's
	// history across runs. If they have more than 2,000 bytes, ":more" stands for the rest, which
	// that history lacks.
	SearchAttributeWebhooks = "LatchWebhooks"
)

// MemoStarter is the memo field with the API's proof of who started a run.
const MemoStarter = "latch.starter"

// MemoLocks is the memo field in which a run lists the locks that it waits for, as an array of
// [OpenLock].
const MemoLocks = "latch.locks"

// MemoPaused is the memo field in which a release lists its failed steps that wait for a
// person's choice, as an array of [PausedStep].
const MemoPaused = "latch.paused"
