package latch

// Version is the version of this module, as it stands in the User-Agent of
// every request.
const Version = "0.1.0"

// DefaultTaskQueue is the task queue that Latch's worker polls unless it is
// configured otherwise.
const DefaultTaskQueue = "latch"

// Names of the workflow types.
const (
	WorkflowJobRun  = "latch.JobRun"
	WorkflowRelease = "latch.Release"
	WorkflowEmit    = "latch.Emit"
	// WorkflowEmitBatch fires several custom events in one run.
	WorkflowEmitBatch = "latch.EmitBatch"
	// WorkflowGate asks hooks, and fails unless they let it pass.
	WorkflowGate = "latch.Gate"
	// WorkflowDeliver carries on a delivery that outlives the run that fired it.
	WorkflowDeliver = "latch.Deliver"
	// WorkflowTrigger is what the schedule of a registered job starts: it starts
	// the job's run, unless one is under way.
	WorkflowTrigger = "latch.Trigger"
	// WorkflowJobNotice informs the webhooks of a registered job about a run that
	// did not take place: it fires [EventJobSkipped] or [EventJobMissed].
	WorkflowJobNotice = "latch.JobNotice"
	// WorkflowStartOnce starts a run for the HTTP API under an idempotency key.
	WorkflowStartOnce = "latch.StartOnce"
	// WorkflowEndpoint counts the failed attempts at the endpoint of a registered
	// webhook, for as long as it does not work.
	WorkflowEndpoint = "latch.Endpoint"
	// WorkflowWatch finds the workflows that close for one [RegisteredWatch], for as
	// long as that is registered.
	WorkflowWatch = "latch.Watch"
	// WorkflowWatchNotice fires the events of workflows that a watch has found.
	WorkflowWatchNotice = "latch.WatchNotice"
	// WorkflowDeliverInOrder sends deliveries that were kept, one after the other.
	WorkflowDeliverInOrder = "latch.DeliverInOrder"
)

// NexusService is the name of the Nexus service, and the others are its operations:
// each takes the input of the workflow or the message of its name and returns that
// one's result.
const (
	NexusService     = "latch"
	NexusRunJob      = "run-job"
	NexusRunRelease  = "run-release"
	NexusGate        = "gate"
	NexusEmit        = "emit"
	NexusReleaseLock = "release-lock"
)

// Names of the activity types that a task queue must serve.
const (
	ActivitySendWebhook = "latch.SendWebhook"
	ActivityHTTP        = "latch.HTTP"
	ActivityCommand     = "latch.Command"
)

// Names of the messages to a run, each both a signal (fire and forget) and an
// update (validated, answered).
const (
	MessageReleaseLock = "release_lock"
	MessageRecord      = "record"
	MessageStop        = "stop"
	MessageRollback    = "rollback"
	MessageSkip        = "skip"
	// MessageRetry takes a failed step of a release again; only a release that pauses
	// at failures takes it. [MessageSkip] goes on without the step.
	MessageRetry = "retry"
)

// Names of the queries that a run answers.
const (
	// QueryStatus answers a [Status].
	QueryStatus = "status"
	// QueryHistory answers an array of [Record], oldest first; its optional
	// argument is a [HistoryQuery].
	QueryHistory = "history"
)

// Types of the application errors that Latch's workflows and updates end
// with. None of them is retried.
const (
	ErrorInvalidSpec        = "InvalidSpec"
	ErrorInvalidArgument    = "InvalidArgument"
	ErrorUnknownLock        = "UnknownLock"
	ErrorTooLate            = "TooLate"
	ErrorForbidden          = "Forbidden"
	ErrorJobFailed          = "JobFailed"
	ErrorReleaseFailed      = "ReleaseFailed"
	ErrorRollbackIncomplete = "RollbackIncomplete"
	// ErrorReleaseStopped and ErrorReleaseRolledBack are those of a release whose
	// fail_on names its outcome.
	ErrorReleaseStopped    = "ReleaseStopped"
	ErrorReleaseRolledBack = "ReleaseRolledBack"
	// ErrorGateStopped and ErrorGateRolledBack are those of a gate that did not let
	// its asker pass. The details are a [GateResult].
	ErrorGateStopped    = "GateStopped"
	ErrorGateRolledBack = "GateRolledBack"
)

// Names of the search attributes that a run upserts where the worker is
// configured to. The Temporal server must know them first.
const (
	// SearchAttributeID (Keyword) is the id of the job, release or emission.
	SearchAttributeID = "LatchID"
	// SearchAttributeStatus (Keyword) is the run's status.
	SearchAttributeStatus = "LatchStatus"
	// SearchAttributeWaiting (Bool) is true while the run waits for a lock.
	SearchAttributeWaiting = "LatchWaiting"
	// SearchAttributeWebhooks (KeywordList) holds the ids of the run's webhooks,
	// and for each event that one listens to <id>:<event>. By it a webhook's
	// history across runs is found.
	SearchAttributeWebhooks = "LatchWebhooks"
)

// MemoLocks is the memo field in which a run lists the locks that it waits
// for, an array of [OpenLock].
const MemoLocks = "latch.locks"
