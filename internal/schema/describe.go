package schema

// secretName and anyEvent are the contract's patterns for names.
const (
	secretName  = `^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$`
	anyEvent    = `^[A-Z][A-Z0-9_]*$`
	headerName  = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"
	jsonPointer = `^(/([^/~]|~[01])*)+$`
	webhookType = `^(application|text|message|image)/[^;\s]+(\s*;.*)?$`
)

// patterns are the patterns of strings, except names of secrets.
var patterns = map[string]string{
	"BasicAuth.username": `^[^:]+$`, "OAuth2.token_url": `^[Hh][Tt][Tt][Pp][Ss]?://`,
	"Webhook.event": anyEvent, "Event.event": anyEvent, "Emission.event": anyEvent, "Gate.event": anyEvent,
	"Webhook.content_type": webhookType,
}

var enumerations = map[string][]any{
	"Webhook.method":      {"POST", "PUT", "PATCH", "DELETE", "GET"},
	"Webhook.cloudevents": {"binary", "structured"},
	"Webhook.preset":      {"slack", "discord", "teams"},
	"Webhook.path":        {"volley", "durable"},
	"HTTPTask.method":     {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"},
	"Event.on_timeout":    {"continue", "stop", "rollback"},
	"Event.on_error":      {"continue", "stop", "rollback"},
	"OAuth2.auth_style":   {"header", "body"},
	"Release.on_failure":  {"rollback", "stop", "pause"},
	"Release.on_cancel":   {"rollback", "stop"},
	"Gate.on_deadline":    {"continue", "stop", "rollback"},
}

// structures describes each structure.
var structures = map[string]string{
	"Job":          "One task, or a sequence of jobs, and the webhooks that tell of it.",
	"Release":      "Steps in order, with webhooks that may hold it, stop it or roll it back.",
	"Emission":     "A custom event and the webhooks that tell of it.",
	"Gate":         "A custom event whose hooks decide whether the asker may go on.",
	"Watch":        "A query for workflows, and the webhooks that are told how each of them closes.",
	"Step":         "One step of a release, with what undoes it; or, in parallel, steps that are taken side by side.",
	"ParallelStep": "One of the steps that are taken side by side.",
	"Target":       "One of those for which a release takes its steps; its name alone is enough.",
	"Task":         "Work: exactly one of activity, workflow, http and command. Strings are templates with ${CEL}.",
	"ActivityTask": "Any activity in any Temporal worker, in any language.",
	"WorkflowTask": "A child workflow.",
	"NexusTask":    "An operation of a Nexus service.",
	"HTTPTask":     "One HTTP request.",
	"CommandTask":  "A program on the worker, without a shell, where the worker allows commands.",
	"Webhook":      "Tells another system of events, and may hold what fired them.",
	"Auth":         "How a request proves who sends it, in the header Authorization: exactly one of bearer, basic and oauth2.",
	"BasicAuth":    "A user's name and password (RFC 7617).",
	"OAuth2":       "A token by the client credentials grant (RFC 6749, section 4.4), fetched and kept by the worker.",
	"Redaction":    "What of an endpoint's answer no record keeps: it becomes ***.",
	"TLS":          "A client's certificate, and how the receiver's is checked; the secrets are PEM.",
	"Event":        "A webhook's settings for one event.",
	"Retry":        "How what failed is tried again.",
	"Schedule":     "When a registered job runs by itself: a cron expression, or an object.",
}

// meanings describes each key. The description of its role is prepended: see [describe].
var meanings = map[string]string{
	"Job.id":                "The job's id; a number is taken as its digits.",
	"Job.name":              "A name for programs, open to templates as job.name.",
	"Job.title":             "A title for people, open to templates as job.title.",
	"Job.task":              "The work of a plain job.",
	"Job.jobs":              "The jobs of a sequence, run in order; a string names a registered job.",
	"Job.continue_on_error": "Lets the sequence that this job is in go on after it failed.",
	"Job.timeout":           "Bounds the work, retries included, waiting for locks not; without it there is no limit.",
	"Job.delay":             "A wait before JOB_START.",
	"Job.retry":             "Repeats the work; without it the work is done once.",
	"Job.schedule":          "When the job runs by itself, once it is registered.",
	"Job.tags":              "Words to find the job by.",
	"Job.vars":              "Values for templates and expressions, as vars and job.vars.",
	"Job.webhooks":          "Who is told of JOB_START, JOB_COMPLETE, JOB_SUCCESS and JOB_FAILURE, and of a registered job of JOB_SKIPPED and JOB_MISSED.",

	"Release.id":         "The release's id; a number is taken as its digits.",
	"Release.title":      "A title for people.",
	"Release.vars":       "Values for templates and expressions, as vars and release.vars.",
	"Release.instance":   "What is released to, sent with every webhook as instance.",
	"Release.webhooks":   "Who is told of the release's events, and who decides about it.",
	"Release.steps":      "What is done, in order.",
	"Release.on_failure": "What becomes of the steps taken when one fails; with pause a person says so: retry, skip, stop or rollback.",
	"Release.on_cancel":  "What becomes of the steps taken when the release is cancelled.",

	"Release.targets": "Those for each of which the steps are taken, such as regions. A step is then named <target>/<step>.",
	"Release.at_once": "For how many targets at a time the steps are taken.",

	"Release.fail_on": "The outcomes, stopped and rolled_back, with which the run fails instead of completing.",

	"Emission.id":       "The emission's id; the workflow id unless given.",
	"Emission.event":    "A custom event, such as INSTANCE_CREATED.",
	"Emission.data":     "What the event tells, open to templates as data and sent in the default body.",
	"Emission.instance": "What it happened to, sent with every webhook as instance.",
	"Emission.vars":     "Values for templates and expressions, as vars.",
	"Emission.webhooks": "Who is told.",

	"Gate.id":          "The gate's id; the workflow id unless given.",
	"Gate.event":       "A custom event, such as DEPLOY.",
	"Gate.data":        "What the gate is about, open to templates as data and sent in the default body.",
	"Gate.instance":    "What it is about to happen to, sent with every webhook as instance.",
	"Gate.vars":        "Values for templates and expressions, as vars.",
	"Gate.webhooks":    "Who decides, beside the registered webhooks that listen to the event.",
	"Gate.deadline":    "Bounds the wait for the decision, from the start of the run. Unless given it is nine tenths of the run's own timeout, but no more than a minute before that; without a timeout there is no limit.",
	"Gate.on_deadline": "What each hook decides that is open at the deadline.",

	"Watch.id":       "The watch's id; its workflow is latch-watch-<id>.",
	"Watch.query":    "A list filter of Temporal's, such as WorkflowType = 'Order'; no ORDER BY.",
	"Watch.vars":     "Values for templates and expressions, as vars.",
	"Watch.webhooks": "Who is told of WORKFLOW_COMPLETED, WORKFLOW_FAILED, WORKFLOW_TIMED_OUT, WORKFLOW_CANCELED, WORKFLOW_TERMINATED and WORKFLOW_CONTINUED.",

	"Step.name":         "The step's name, unique in its release.",
	"Step.do":           "The step's work.",
	"Step.parallel":     "Steps that are taken side by side, each with its name, do and undo; the release goes on once all are done.",
	"ParallelStep.name": "The step's name, unique in its release.",
	"ParallelStep.do":   "The step's work.",
	"ParallelStep.undo": "What undoes the step; registered before the step starts, so that one that failed half way is undone too.",

	"Step.undo": "What undoes the step; registered before the step starts, so that one that failed half way is undone too.",

	"Target.name": "The target's name, without a slash, unique in its release.",
	"Target.vars": "Values for templates and expressions, as target.vars.",

	"Task.activity": "Any activity in any worker.",
	"Task.workflow": "A child workflow.",
	"Task.http":     "One HTTP request.",
	"Task.command":  "A program on the worker.",

	"ActivityTask.type":              "The activity's type.",
	"ActivityTask.task_queue":        "The task queue of its worker; the run's own unless given.",
	"ActivityTask.input":             "the single argument.",
	"ActivityTask.args":              "several arguments.",
	"ActivityTask.timeout":           "Bounds one attempt, from its start.",
	"ActivityTask.start_timeout":     "Bounds the wait for a worker.",
	"ActivityTask.heartbeat_timeout": "Bounds the time between two heartbeats.",
	"ActivityTask.retry":             "Tries again; without it there is one attempt.",

	"WorkflowTask.type":       "The workflow's type.",
	"WorkflowTask.task_queue": "The task queue of its worker; the run's own unless given.",
	"WorkflowTask.id":         "the child's workflow id.",
	"WorkflowTask.input":      "the single argument.",
	"WorkflowTask.args":       "several arguments.",
	"WorkflowTask.timeout":    "Bounds the child, which is cancelled then.",

	"NexusTask.endpoint":  "The Nexus endpoint, as Temporal names it.",
	"NexusTask.service":   "The service.",
	"NexusTask.operation": "The operation.",
	"NexusTask.input":     "the argument.",
	"NexusTask.timeout":   "Bounds the operation, from its scheduling.",

	"HTTPTask.method":         "The request's method.",
	"HTTPTask.url":            "where it goes. Required, here or as url_secret.",
	"HTTPTask.url_secret":     "the URL.",
	"HTTPTask.headers":        "the values of headers.",
	"HTTPTask.header_secrets": "the values of further headers.",
	"HTTPTask.content_type":   "The body's media type.",
	"HTTPTask.auth":           "How the request proves who sends it.",
	"HTTPTask.tls":            "A client's certificate, and how the receiver's is checked.",
	"HTTPTask.body":           "what is sent.",
	"HTTPTask.success":        "true is a success, whatever the status; false is not. Any 2xx unless given.",
	"HTTPTask.timeout":        "Bounds one attempt.",
	"HTTPTask.retry":          "Tries again; without it there is one attempt.",

	"CommandTask.argv":        "the program and its arguments; no shell.",
	"CommandTask.dir":         "Where it runs.",
	"CommandTask.env":         "the values of its environment, beside PATH and HOME.",
	"CommandTask.env_secrets": "the values of further variables: the first line of a secret, or all of one that is PEM.",
	"CommandTask.timeout":     "Bounds one attempt; its process group dies then.",
	"CommandTask.retry":       "Tries again; without it there is one attempt.",

	"Webhook.id":             "The webhook's id, unique in its job or release, without a colon.",
	"Webhook.url":            "where requests go. A webhook whose events all block may have none: then only a lock is made, for a person to remove.",
	"Webhook.url_secret":     "the URL.",
	"Webhook.activity":       "An activity that is done instead of a request. It is given the body, unless it has input or args, and what it returns is the answer.",
	"Webhook.workflow":       "A child workflow that is run instead of a request, in the same way; its id is the delivery's unless given.",
	"Webhook.nexus":          "A Nexus operation that is called instead of a request, in the same way.",
	"Webhook.method":         "The request's method. All but GET bear a body.",
	"Webhook.content_type":   "The body's media type, with parameters: JSON, a form, or any type of text, such as application/xml, where body is text.",
	"Webhook.headers":        "the values of headers.",
	"Webhook.header_secrets": "the values of further headers.",
	"Webhook.body":           "what is sent. Without it a JSON body tells all there is to tell. In UTF-8. A JSON object becomes a form field by field, what is nested as compact JSON.",
	"Webhook.preset":         "The chat that the webhook posts to: its body is held to that chat's limits, the values in it ring nobody, and its answers are read as it means them.",
	"Webhook.cloudevents":    "The mode of the CloudEvents 1.0 HTTP binding in which events go out. In structured mode the body becomes the field data, secret and lock within it.",
	"Webhook.success":        "true is delivered, whatever the status; false fails for good, unless the status is tried again. Any 2xx unless given.",
	"Webhook.enabled":        "Whether the webhook is sent at all.",
	"Webhook.secret":         "it signs requests and, unless send_secret is false, goes into secret_header and the body's field secret.",
	"Webhook.secret_header":  "The header that bears the secret.",
	"Webhook.send_secret":    "Whether the secret's value goes out, beside signing.",
	"Webhook.auth":           "How requests prove who sends them, beside the secret.",
	"Webhook.tls":            "A client's certificate, and how the receiver's is checked.",
	"Webhook.redact":         "What of answers no record keeps, beside what the worker hides.",
	"Webhook.timeout":        "Bounds the wait for an answer.",
	"Webhook.retry":          "How a delivery that failed is tried again.",
	"Webhook.ordered":        "Whether each delivery of a run waits until the one before to this webhook is settled: delivered, given up, or kept for a dead endpoint.",
	"Webhook.path":           "The way of first attempts at events that do not block: volley makes those of one event together, at next to no cost for the run; durable makes each an activity of its own, which Temporal UI shows while it is under way.",
	"Webhook.event":          "The one event that the webhook listens to; events has more settings.",
	"Webhook.events":         "The events that the webhook listens to.",

	"Auth.bearer": "the token.",
	"Auth.basic":  "A user's name and password.",
	"Auth.oauth2": "A token by client credentials.",

	"BasicAuth.username": "The user's name, as it is, without a colon.",
	"BasicAuth.password": "the password.",

	"OAuth2.token_url":     "Where the token comes from; no template. LATCH_EGRESS_ALLOW holds for it too.",
	"OAuth2.client_id":     "The client's id, as it is.",
	"OAuth2.client_secret": "the client's, which goes to the token endpoint alone.",
	"OAuth2.scopes":        "The scopes that are asked for.",
	"OAuth2.audience":      "The parameter audience, which some token endpoints ask for.",
	"OAuth2.params":        "Further parameters that go along to the token endpoint, such as resource; no templates, no secrets.",
	"OAuth2.auth_style":    "Where the client's credentials stand: in the header, by HTTP Basic, or in the body.",

	"Redaction.headers": "Names of headers, in any case; * stands for any characters, as in X-Internal-*.",
	"Redaction.json":    "JSON Pointers (RFC 6901) into the body; a part that is * stands for every member or element, as in /customers/*/email. What decides stays: true, false, pass or fail in result, stop_release and rollback_release.",

	"TLS.client_cert": "the client's certificate, with those that lead to its authority.",
	"TLS.client_key":  "the certificate's private key.",
	"TLS.ca":          "the authorities by which the receiver's certificate is checked, instead of the worker's own.",
	"TLS.server_name": "The name for which the receiver's certificate is checked, instead of the URL's host.",

	"Event.event":            "The event: JOB_…, BEFORE_RELEASE, BEFORE_STEP, STEP_FAILED, AFTER_STEP, BEFORE_RELEASE_COMPLETE, RELEASE_…, or a custom one.",
	"Event.enforce":          "Whether what the hook decides is acted on. With false the run neither waits for the hook nor goes by it, and its record has what it would have decided as would_decide. A hook that blocks takes no false.",
	"Event.enabled":          "Whether the webhook listens to the event.",
	"Event.when":             "false skips the hook.",
	"Event.body":             "replaces the webhook's body.",
	"Event.blocking":         "Holds what fired the event until the hook's lock is removed.",
	"Event.lock_timeout":     "Bounds the wait for the lock's removal; 0s waits for ever.",
	"Event.answer_timeout":   "Bounds how long a hook that does not block may leave a decision open.",
	"Event.on_timeout":       "What the lock's timeout decides.",
	"Event.on_error":         "What a failed delivery or expression decides; stop for a hook that blocks or has expressions of its own, else continue.",
	"Event.result":           "whether the hook passes.",
	"Event.stop_release":     "true stops the release. Unless given: history.result == 'fail' and the answer's stop_release is true.",
	"Event.rollback_release": "true rolls the release back. Unless given: history.result == 'fail' and the answer's rollback_release is true.",

	"Retry.initial_interval":    "The wait before the second attempt.",
	"Retry.backoff_coefficient": "Multiplies each further wait; at least 1.",
	"Retry.maximum_interval":    "Bounds a wait.",
	"Retry.maximum_attempts":    "Bounds the attempts, the first included; 0 is no limit.",
	"Retry.schedule":            "The waits themselves, in order, at most 24h each, or standard-webhooks; instead of the intervals and the coefficient, for webhooks and http tasks alone. After the last wait it is given up.",
	"Retry.on":                  "HTTP statuses that are tried again beside those that are anyway, such as 404, or classes such as \"5xx\"; for webhooks and http tasks alone.",
	"Retry.not_on":              "HTTP statuses that are not tried again, whatever they are otherwise; for webhooks and http tasks alone.",
	"Retry.deadline":            "Bounds all of it, from the first attempt; 24h or, if that is longer, twice what schedule takes.",

	"Schedule.cron":     "A cron expression.",
	"Schedule.timezone": "The time zone of the cron expression, such as Europe/Berlin.",
	"Schedule.after":    "The job after which this one runs: its id, or an object with the outcome after which it does.",
	"Schedule.catchup":  "How long after its time a missed run is still started.",
}
