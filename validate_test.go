package latch_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rule is one rule of the contract's section: the input that breaks it, and all its problems,
// or none if the input is valid.
type rule struct {
	name, kind, input string
	want              []string
}

func hold(t *testing.T, rules []rule) {
	t.Helper()
	for _, rule := range rules {
		t.Run(rule.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, rule.want, problemsOf(t, kinds[rule.kind](rule.input)), rule.input)
		})
	}
}

const (
	mayBlock  = "; it can at JOB_START, BEFORE_RELEASE, BEFORE_TARGET, BEFORE_STEP, AFTER_STEP, AFTER_TARGET, BEFORE_RELEASE_COMPLETE and custom events"
	mayDecide = " decides no release; only BEFORE_RELEASE, BEFORE_TARGET, BEFORE_STEP, AFTER_STEP, AFTER_TARGET and BEFORE_RELEASE_COMPLETE do"
	allEvents = "JOB_START, JOB_COMPLETE, JOB_SUCCESS, JOB_FAILURE, JOB_SKIPPED, JOB_MISSED, BEFORE_RELEASE, " +
		"BEFORE_TARGET, BEFORE_STEP, STEP_FAILED, AFTER_STEP, AFTER_TARGET, BEFORE_RELEASE_COMPLETE, " +
		"RELEASE_COMPLETE, RELEASE_SUCCESS, RELEASE_STOPPED, RELEASE_ROLLED_BACK, RELEASE_FAILURE, " +
		"DELIVERY_EXHAUSTED, ENDPOINT_GONE, ENDPOINT_FAILING, ENDPOINT_DISABLED, ENDPOINT_RECOVERED, " +
		"LOCK_OPENED, LOCK_REMINDER, LOCK_ESCALATED, LOCK_REMOVED, LOCK_TIMED_OUT, " +
		"WORKFLOW_COMPLETED, WORKFLOW_FAILED, WORKFLOW_TIMED_OUT, WORKFLOW_CANCELED, WORKFLOW_TERMINATED, WORKFLOW_CONTINUED"
)

func TestContractEvents(t *testing.T) {
	t.Parallel()
	var rules []rule
	for _, event := range strings.Split(allEvents, ", ") {
		rules = append(rules, rule{"known: " + event, "release", aRelease(atEvent(event, "")), nil})
	}
	for _, event := range []string{"INSTANCE_CREATED", "A", "PASSED_2", "X_JOB_START", "LOCKED"} {
		rules = append(rules, rule{"custom: " + event, "release", aRelease(atEvent(event, "")), nil})
	}
	for event, prefix := range map[string]string{
		"JOB_DONE": "JOB_", "RELEASE_DONE": "RELEASE_", "BEFORE_DEPLOY": "BEFORE_", "AFTER_DEPLOY": "AFTER_",
		"DELIVERY_FAILED": "DELIVERY_", "ENDPOINT_DOWN": "ENDPOINT_", "LOCK_CLOSED": "LOCK_",
	} {
		rules = append(rules, rule{"reserved: " + event, "release", aRelease(atEvent(event, "")),
			[]string{`webhooks[0].events[0].event: unknown event "` + event + `": names that begin with ` + prefix +
				` are reserved; the events are ` + allEvents}})
	}
	for _, event := range []string{"before_deploy", "Instance", "1ST", "_A", "A-B", "A B"} {
		rules = append(rules, rule{"no name: " + event, "release", aRelease(atEvent(event, "")),
			[]string{`webhooks[0].events[0].event: "` + event + `" is not an event: a name matches [A-Z][A-Z0-9_]*`}})
	}
	rules = append(rules,
		rule{"name too long", "release", aRelease(atEvent(strings.Repeat("A", 201), "")),
			[]string{`webhooks[0].events[0].event: an event's name has at most 200 bytes, this one 201`}},
		rule{"short form checked too", "job", aJob(aHook(`"event":"JOB_DONE"`)),
			[]string{`webhooks[0].event: unknown event "JOB_DONE": names that begin with JOB_ are reserved; the events are ` + allEvents}},
		rule{"no event", "job", aJob(aHook(`"events":[{"when":"true"}]`)),
			[]string{`webhooks[0].events[0].event: required: the name of an event, such as BEFORE_RELEASE`}},
		rule{"same event twice in one webhook", "job",
			aJob(aHook(`"events":[{"event":"JOB_START"},{"event":"JOB_START","enabled":false}]`)),
			[]string{`webhooks[0].events[1].event: JOB_START is given twice in webhook "w"`}},
	)
	for _, event := range []string{"BEFORE_RELEASE", "BEFORE_STEP", "AFTER_STEP", "BEFORE_RELEASE_COMPLETE"} {
		rules = append(rules, rule{"blocks and decides: " + event, "release",
			aRelease(atEvent(event, `,"blocking":true,"stop_release":"true","rollback_release":"true"`)), nil})
	}
	for _, event := range []string{"JOB_START", "INSTANCE_CREATED"} {
		rules = append(rules,
			rule{"blocks: " + event, "job", aJob(atEvent(event, `,"blocking":true`)), nil},
			rule{"decides nothing: " + event, "job", aJob(atEvent(event, `,"stop_release":"true","rollback_release":"true"`)), []string{
				`webhooks[0].events[0].stop_release: ` + event + mayDecide,
				`webhooks[0].events[0].rollback_release: ` + event + mayDecide}})
	}
	for _, event := range []string{"JOB_COMPLETE", "JOB_SUCCESS", "JOB_FAILURE", "RELEASE_COMPLETE", "RELEASE_SUCCESS",
		"RELEASE_STOPPED", "RELEASE_ROLLED_BACK", "RELEASE_FAILURE", "DELIVERY_EXHAUSTED", "ENDPOINT_GONE"} {
		rules = append(rules, rule{"neither: " + event, "release",
			aRelease(atEvent(event, `,"blocking":true,"stop_release":"true","rollback_release":"true"`)), []string{
				`webhooks[0].events[0].blocking: a hook cannot block at ` + event + mayBlock,
				`webhooks[0].events[0].stop_release: ` + event + mayDecide,
				`webhooks[0].events[0].rollback_release: ` + event + mayDecide}})
	}
	hold(t, rules)
}

func TestContractJob(t *testing.T) {
	t.Parallel()
	hold(t, []rule{
		{"required: id", "job", `{` + task + `}`, []string{"id: required"}},
		{"required: id not empty", "job", `{"id":"",` + task + `}`, []string{"id: required"}},
		{"an id is bounded", "job", `{"id":"` + strings.Repeat("a", 201) + `",` + task + `}`,
			[]string{"id: an id has at most 200 bytes, this one 201"}},
		{"an id has no control characters", "job", `{"id":"a\nb",` + task + `}`, []string{`id: "a\nb" has control characters`}},
		{"required: task or jobs", "job", `{"id":"1"}`, []string{"task: a job has either a task or jobs"}},
		{"an empty sequence is none", "job", `{"id":"1","jobs":[]}`, []string{"task: a job has either a task or jobs"}},
		{"not both", "job", aJob(`"jobs":["a"]`), []string{"jobs: a job has either a task or jobs, not both"}},
		{"all there may be", "job", aJob(`"name":"n","title":"t","continue_on_error":true,"timeout":"10m",
			"delay":"0s","retry":{},"schedule":{"cron":"0 0 * * *","timezone":"Europe/Berlin","catchup":"1m"},
			"tags":["a"],"vars":{},"webhooks":[]`), nil},
		{"after a job", "job", aJob(`"schedule":{"after":"22739"}`), nil},
		{"an empty schedule", "job", aJob(`"schedule":{}`),
			[]string{`schedule: a schedule has a cron expression ("cron") or a job that it follows ("after")`}},
		{"an empty cron expression", "job", aJob(`"schedule":""`),
			[]string{`schedule: a schedule has a cron expression ("cron") or a job that it follows ("after")`}},
		{"two schedules", "job", aJob(`"schedule":{"cron":"0 0 * * *","after":"1"}`),
			[]string{`schedule.after: a schedule has either cron or after, not both`}},
		{"negative catchup", "job", aJob(`"schedule":{"cron":"0 0 * * *","catchup":"-1m"}`),
			[]string{`schedule.catchup: must not be negative, not -1m0s`}},
		{"negative timeout and delay", "job", aJob(`"timeout":"-1s","delay":"-2s"`),
			[]string{"timeout: must not be negative, not -1s", "delay: must not be negative, not -2s"}},
		{"rollback is no policy of a job", "job",
			aJob(atEvent("JOB_START", `,"blocking":true,"on_timeout":"rollback","on_error":"rollback"`)), []string{
				"webhooks[0].events[0].on_timeout: a job cannot be rolled back; give continue or stop",
				"webhooks[0].events[0].on_error: a job cannot be rolled back; give continue or stop"}},
		{"stop and continue are", "job", aJob(atEvent("JOB_START", `,"blocking":true,"on_timeout":"stop","on_error":"continue"`)), nil},
		{"jobs of a sequence are checked", "job", `{"id":"s","jobs":[{"id":"a"},{"id":"b",` + task + `,"timeout":"-1s"}]}`, []string{
			"jobs[0].task: a job has either a task or jobs", "jobs[1].timeout: must not be negative, not -1s"}},
		{"and those of sequences in it", "job", `{"id":"s","jobs":[{"id":"t","jobs":[{` + task + `}]}]}`,
			[]string{"jobs[0].jobs[0].id: required"}},
		{"a registered job has an id", "job", `{"id":"s","jobs":[""]}`, []string{"jobs[0]: required"}},
		{"ids in a sequence are unique", "job", `{"id":"s","jobs":["a",{"id":"a",` + task + `},"a"]}`, []string{
			`jobs[1].id: duplicate job id "a": each job of a sequence has its own`,
			`jobs[2]: duplicate job id "a": each job of a sequence has its own`}},
	})
}

func TestContractTask(t *testing.T) {
	t.Parallel()
	const exactlyOne = "task: a task is exactly one of activity, workflow, http and command, not "
	hold(t, []rule{
		{"activity", "job", aTask(`{"activity":{"type":"Deploy","task_queue":"q",
			"args":[1,null,{"a":"${vars.a}"}],"timeout":"1m","start_timeout":"1m","heartbeat_timeout":"10s",
			"retry":{}}}`), nil},
		{"workflow", "job", aTask(`{"workflow":{"type":"Deploy","task_queue":"q","id":42,"input":null,"timeout":"1m"}}`), nil},
		{"http", "job", aTask(`{"http":{"method":"PUT","url":"https://example.com/","headers":{"X-A":"1"},
			"content_type":"application/xml","body":"<a/>","success":"true","timeout":"1m","retry":{}}}`), nil},
		{"command", "job", aTask(`{"command":{"argv":["make","deploy"],"dir":"/srv","env":{"A":"1"},"timeout":"1m","retry":{}}}`), nil},
		{"no kind", "job", aTask(`{}`), []string{exactlyOne + "none"}},
		{"two kinds", "job", aTask(`{"http":{"url":"https://example.com/"},"command":{"argv":["true"]}}`),
			[]string{exactlyOne + "http and command"}},
		{"an activity has a type", "job", aTask(`{"activity":{}}`), []string{"task.activity.type: required"}},
		{"a workflow has a type", "job", aTask(`{"workflow":{}}`), []string{"task.workflow.type: required"}},
		{"input or args of an activity", "job", aTask(`{"activity":{"type":"A","input":1,"args":[1]}}`),
			[]string{"task.activity.args: give either input (one argument) or args (several), not both"}},
		{"input or args of a workflow", "job", aTask(`{"workflow":{"type":"A","input":1,"args":[]}}`),
			[]string{"task.workflow.args: give either input (one argument) or args (several), not both"}},
		{"negative limits of an activity", "job",
			aTask(`{"activity":{"type":"A","timeout":"-1s","start_timeout":"-1s","heartbeat_timeout":"-1s"}}`), []string{
				"task.activity.timeout: must not be negative, not -1s",
				"task.activity.start_timeout: must not be negative, not -1s",
				"task.activity.heartbeat_timeout: must not be negative, not -1s"}},
		{"negative limits of the others", "job", aTask(`{"workflow":{"type":"A","timeout":"-1s"}}`),
			[]string{"task.workflow.timeout: must not be negative, not -1s"}},
		{"an unknown method", "job", aTask(`{"http":{"url":"https://example.com/","method":"TRACE"}}`),
			[]string{`task.http.method: "TRACE" is not one of GET, POST, PUT, PATCH, DELETE, HEAD`}},
		{"a method in lower case", "job", aTask(`{"http":{"url":"https://example.com/","method":"get"}}`),
			[]string{`task.http.method: "get" is not one of GET, POST, PUT, PATCH, DELETE, HEAD; did you mean "GET"?`}},
		{"http has a url", "job", aTask(`{"http":{}}`), []string{"task.http.url: required"}},
		{"of http", "job", aTask(`{"http":{"url":"ftp://example.com/"}}`),
			[]string{`task.http.url: "ftp://example.com/" must begin with http:// or https://`}},
		{"without credentials", "job", aTask(`{"http":{"url":"https://u:p@example.com/"}}`),
			[]string{"task.http.url: has credentials before the host; give them by header_secrets instead"}},
		{"GET has no body", "job", aTask(`{"http":{"url":"https://example.com/","method":"GET","body":{}}}`),
			[]string{"task.http.body: a GET request has no body"}},
		{"HEAD has none", "job", aTask(`{"http":{"url":"https://example.com/","method":"HEAD","body":"x"}}`),
			[]string{"task.http.body: a HEAD request has no body"}},
		{"no body is none", "job", aTask(`{"http":{"url":"https://example.com/","method":"GET","body":null}}`), nil},
		{"a bad media type", "job", aTask(`{"http":{"url":"https://example.com/","content_type":"a b"}}`),
			[]string{`task.http.content_type: "a b" is not a media type such as application/json: mime: expected slash after first token`}},
		{"a bad header", "job", aTask(`{"http":{"url":"https://example.com/","headers":{"X A":"1","X-B":"a\nb"}}}`), []string{
			`task.http.headers.X A: "X A" is not the name of an HTTP header`,
			`task.http.headers.X-B: a header's value has no line breaks`}},
		{"a retry is checked", "job", aTask(`{"http":{"url":"https://example.com/","retry":{"maximum_attempts":-1}}}`),
			[]string{"task.http.retry.maximum_attempts: must be between 0 (no limit) and 2147483647, not -1"}},
		{"secrets of http", "job", aTask(`{"http":{"url_secret":"address","header_secrets":{"X-Key":"key"},"headers":{"X-A":"1"}}}`), nil},
		{"url or url_secret of http", "job", aTask(`{"http":{"url":"https://example.com/","url_secret":"address"}}`),
			[]string{"task.http.url_secret: give either url or url_secret, not both"}},
		{"names of secrets of http", "job", aTask(`{"http":{"url_secret":"a b","header_secrets":{"X-A":"c d","X-B":""}}}`), []string{
			"task.http.header_secrets.X-A: not the name of a secret: a name matches " +
				"^[A-Za-z0-9][A-Za-z0-9_-]*(\\.[A-Za-z0-9_-]+)*$, and stands for a value that the worker holds",
			"task.http.header_secrets.X-B: required: the name of a secret",
			"task.http.url_secret: not the name of a secret: a name matches " +
				"^[A-Za-z0-9][A-Za-z0-9_-]*(\\.[A-Za-z0-9_-]+)*$, and stands for a value that the worker holds"}},
		{"a header stands once", "job", aTask(`{"http":{"url":"https://example.com/","headers":{"x-key":"1"},
			"header_secrets":{"X-Key":"key","Authorization":"key","Content-Type":"key"},
			"auth":{"bearer":"token"}}}`), []string{
			"task.http.header_secrets.Content-Type: Content-Type cannot be set here: give content_type instead",
			"task.http.header_secrets.X-Key: X-Key stands in headers too",
			"task.http.auth: makes the header Authorization, which stands in header_secrets too"}},
		{"secrets of a command", "job", aTask(`{"command":{"argv":["make"],"env":{"A":"1"},"env_secrets":{"B":"key"}}}`), nil},
		{"names of a command's secrets", "job",
			aTask(`{"command":{"argv":["make"],"env":{"A":"1"},"env_secrets":{"A":"key","B":"","C=D":"key"}}}`), []string{
				`task.command.env_secrets: "C=D" is not the name of an environment variable`,
				"task.command.env_secrets.A: A stands in env too", "task.command.env_secrets.B: required: the name of a secret"}},
		{"what was hidden of a url", "job", aTask(`{"http":{"url":"https://example.com/?token=***","headers":{"X-Key":"***"}}}`), []string{
			"task.http.headers.X-Key: is ***, which stands where a credential was hidden when it was shown: give the " +
				"value or, better, the name of its secret by header_secrets",
			"task.http.url: has *** where a credential was hidden when it was shown: give the value or, better, the name " +
				"of its secret by header_secrets or url_secret"}},
		{"no query in a message", "job", aTask(`{"http":{"url":"ftp://example.com/x?api_key=hush"}}`),
			[]string{`task.http.url: "ftp://example.com/x?…" must begin with http:// or https://`}},
		{"no query of what is not a URL", "job", aTask(`{"http":{"url":"https://exa mple.com/x?api_key=hush"}}`),
			[]string{`task.http.url: "https://exa mple.com/x?…" is not a URL: invalid character " " in host name`}},
		{"a command has a program", "job", aTask(`{"command":{}}`),
			[]string{`task.command.argv: required: the program and its arguments, such as ["make", "deploy"]`}},
		{"with a name", "job", aTask(`{"command":{"argv":["","x"]}}`), []string{"task.command.argv[0]: required"}},
		{"no shell line", "job", aTask(`{"command":{"argv":"make deploy"}}`),
			[]string{`task.command.argv: must be an array, not "make deploy"`}},
		{"names of its environment", "job", aTask(`{"command":{"argv":["true"],"env":{"A=B":"1","":"2"}}}`), []string{
			`task.command.env: "" is not the name of an environment variable`,
			`task.command.env: "A=B" is not the name of an environment variable`}},
	})
}

func TestContractRelease(t *testing.T) {
	t.Parallel()
	hold(t, []rule{
		{"required: id, steps", "release", `{}`, []string{"id: required", "steps: required: at least one step"}},
		{"at least one step", "release", `{"id":"1","steps":[]}`, []string{"steps: required: at least one step"}},
		{"all there may be", "release", aRelease(`"title":"t","vars":{},"instance":{"id":7},"webhooks":[],
			"on_failure":"stop","on_cancel":"rollback"`), nil},
		{"a step has name and do", "release", `{"id":"1","steps":[{}]}`,
			[]string{"steps[0].name: required", "steps[0].do: required: the step's task, or parallel"}},
		{"names are unique", "release", `{"id":"1","steps":[` + step + `,` + step + `]}`,
			[]string{`steps[1].name: duplicate step name "a"`}},
		{"a name is bounded", "release",
			`{"id":"1","steps":[` + strings.Replace(step, `"a"`, `"`+strings.Repeat("a", 201)+`"`, 1) + `]}`,
			[]string{"steps[0].name: a name has at most 200 bytes, this one 201"}},
		{"do and undo are checked", "release", `{"id":"1","steps":[{"name":"a","do":{},"undo":{"command":{}}}]}`, []string{
			"steps[0].do: a task is exactly one of activity, workflow, http and command, not none",
			`steps[0].undo.command.argv: required: the program and its arguments, such as ["make", "deploy"]`}},
		{"policies", "release", aRelease(`"on_failure":"continue","on_cancel":"undo"`), []string{
			`on_failure: "continue" is not one of rollback, stop, pause`, `on_cancel: "undo" is not one of rollback, stop`}},
	})
}

func TestContractEmission(t *testing.T) {
	t.Parallel()
	hold(t, []rule{
		{"an event alone", "emission", `{"event":"INSTANCE_CREATED"}`, nil},
		{"all there may be", "emission", anEmission(`"id":5,"data":{"a":1},"instance":{},"vars":{},"webhooks":[]`), nil},
		{"required: event", "emission", `{}`, []string{"event: required: a custom event such as INSTANCE_CREATED"}},
		{"built-in events are refused", "emission", `{"event":"BEFORE_RELEASE"}`,
			[]string{"event: BEFORE_RELEASE is fired by Latch itself; an emission takes a custom event"}},
		{"no event's name", "emission", `{"event":"created"}`,
			[]string{`event: "created" is not an event: a name matches [A-Z][A-Z0-9_]*`}},
		{"a reserved one", "emission", `{"event":"LOCK_A"}`,
			[]string{`event: unknown event "LOCK_A": names that begin with LOCK_ are reserved; the events are ` + allEvents}},
		{"an id is bounded", "emission", anEmission(`"id":"` + strings.Repeat("a", 201) + `"`),
			[]string{"id: an id has at most 200 bytes, this one 201"}},
		{"webhooks are checked", "emission", anEmission(`"webhooks":[{}]`), []string{
			"webhooks[0].id: required",
			"webhooks[0].url: required, unless every event of the webhook is blocking: then only a lock is made, for a person to remove",
			"webhooks[0].events: required: at least one event, here or as event"}},
		{"it may block", "emission", anEmission(atEvent("INSTANCE_CREATED", `,"blocking":true,"on_timeout":"rollback"`)), nil},
		{"but not decide", "emission", anEmission(atEvent("INSTANCE_CREATED", `,"stop_release":"true"`)),
			[]string{"webhooks[0].events[0].stop_release: INSTANCE_CREATED" + mayDecide}},
	})
}

func TestContractMessages(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 4097)
	hold(t, []rule{
		{"release_lock", "lock", `{"lock":"w:h:r","result":"fail","data":{"a":1},"by":"ada","reason":"x"}`, nil},
		{"release_lock without its lock", "lock", `{}`, []string{"lock: required"}},
		{"release_lock with another result", "lock", `{"lock":"w:h:r","result":"skipped"}`,
			[]string{`result: "skipped" is not one of pass, fail`}},
		{"release_lock with long texts", "lock", `{"lock":"w:h:r","by":"` + long + `","reason":"` + long + `"}`,
			[]string{"by: has 4097 bytes; the limit is 4096", "reason: has 4097 bytes; the limit is 4096"}},
		{"release_lock with text for data", "lock", `{"lock":"w:h:r","data":"x"}`, []string{`data: must be an object, not "x"`}},
		{"record", "record", `{"delivery_id":"dlv_1","result":"pass","data":{},"by":"ci"}`, nil},
		{"record without its delivery", "record", `{"result":"pass"}`, []string{"delivery_id: required"}},
		{"record pending", "record", `{"delivery_id":"dlv_1","result":"pending"}`, []string{`result: "pending" is not one of pass, fail`}},
		{"stop", "control", `{"by":"ada","reason":"x"}`, nil},
		{"stop without an argument", "control", ``, nil},
		{"stop with null", "control", `null`, nil},
		{"stop with a list", "control", `[]`, []string{"must be an object, not []"}},
		{"skip by lock", "skip", `{"lock":"w:h:r","reason":"x"}`, nil},
		{"skip by webhook and event", "skip", `{"webhook":"h","event":"BEFORE_STEP","step":"a","reason":"x"}`, nil},
		{"skip needs a reason", "skip", `{"lock":"w:h:r"}`, []string{"reason: required"}},
		{"skip needs a hook", "skip", `{"reason":"x"}`, []string{"lock: required: the lock, or webhook and event, of the hook to skip; or step alone, for a failed step"}},
		{"skip needs the event too", "skip", `{"webhook":"h","reason":"x"}`,
			[]string{"lock: required: the lock, or webhook and event, of the hook to skip; or step alone, for a failed step"}},
		{"skip takes one of both", "skip", `{"lock":"w:h:r","webhook":"h","event":"A","reason":"x"}`,
			[]string{"lock: give either the lock, or webhook and event, not both"}},
		{"history", "history", `{"webhook":"h","event":"BEFORE_STEP","after":"dlv_1","limit":5}`, nil},
		{"history without an argument", "history", ``, nil},
		{"history with a negative limit", "history", `{"limit":-1}`, []string{"limit: must be 0 (no limit) or more, not -1"}},
	})
}
