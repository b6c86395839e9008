package latch

import (
	"encoding/json"
	"strings"
)

// A Task is a unit of work of exactly one of four kinds. The strings in URL, Headers, Body,
// Input, Args, ID, Argv and Env are templates.
type Task struct {
	Activity *ActivityTask `json:"activity,omitempty"`
	Workflow *WorkflowTask `json:"workflow,omitempty"`
	HTTP     *HTTPTask     `json:"http,omitempty"`
	Command  *CommandTask  `json:"command,omitempty"`
}

// An ActivityTask runs any activity in any worker, in any language.
type ActivityTask struct {
	Type      string `json:"type" latch:"plain"`
	TaskQueue string `json:"task_queue,omitempty" latch:"plain"`
	// Input is the single argument. Args are several. Without either, the activity gets no
	// argument.
	Input json.RawMessage   `json:"input,omitempty" latch:"template,json"`
	Args  []json.RawMessage `json:"args,omitempty" latch:"template,json"`
	// Timeout bounds one attempt, from its start; 10m by default.
	Timeout Duration `json:"timeout,omitempty" unset:"10m"`
	// StartTimeout bounds the wait for a worker; 5m by default.
	StartTimeout     Duration `json:"start_timeout,omitempty" unset:"5m"`
	HeartbeatTimeout Duration `json:"heartbeat_timeout,omitempty"`
	Retry            *Retry   `json:"retry,omitempty"`
}

// A WorkflowTask runs a child workflow.
type WorkflowTask struct {
	Type      string            `json:"type" latch:"plain"`
	TaskQueue string            `json:"task_queue,omitempty" latch:"plain"`
	ID        string            `json:"id,omitempty" latch:"id,template"`
	Input     json.RawMessage   `json:"input,omitempty" latch:"template,json"`
	Args      []json.RawMessage `json:"args,omitempty" latch:"template,json"`
	// Timeout bounds the child, which is then cancelled; 10m by default.
	Timeout Duration `json:"timeout,omitempty" unset:"10m"`
}

// An HTTPTask is one HTTP request.
type HTTPTask struct {
	// Method is GET, POST (the default), PUT, PATCH, DELETE or HEAD.
	Method string `json:"method,omitempty" latch:"plain" unset:"POST"`
	// URL is a template. URLSecret is the name of a secret that contains the URL. Exactly one
	// of them must be set.
	URL       string            `json:"url,omitempty" latch:"template,url"`
	URLSecret string            `json:"url_secret,omitempty" latch:"secret"`
	Headers   map[string]string `json:"headers,omitempty" latch:"template,header"`
	// HeaderSecrets maps headers to the names of the secrets that are their values.
	HeaderSecrets map[string]string `json:"header_secrets,omitempty" latch:"secret"`
	ContentType   string            `json:"content_type,omitempty" latch:"media type" unset:"application/json"`
	// Auth and TLS have the same meaning as in a [Webhook].
	Auth *Auth `json:"auth,omitempty"`
	TLS  *TLS  `json:"tls,omitempty"`
	// Body is a string, or JSON whose strings are templates.
	Body json.RawMessage `json:"body,omitempty" latch:"template,body"`
	// Success is an expression over response. By default any 2xx is a success.
	Success string `json:"success,omitempty" latch:"expression,success"`
	// Poll repeats the request until its answer is final. That answer is the result.
	Poll    *Poll    `json:"poll,omitempty"`
	Timeout Duration `json:"timeout,omitempty" unset:"10m"`
	Retry   *Retry   `json:"retry,omitempty"`
}

// A CommandTask runs a program on the worker, without a shell, if the worker allows it.
type CommandTask struct {
	Argv []string          `json:"argv" latch:"template"`
	Dir  string            `json:"dir,omitempty" latch:"plain"`
	Env  map[string]string `json:"env,omitempty" latch:"template"`
	// EnvSecrets maps variables to the names of the secrets that are their values: the first
	// line of a secret, or all of it if it is PEM.
	EnvSecrets map[string]string `json:"env_secrets,omitempty" latch:"secret"`
	Timeout    Duration          `json:"timeout,omitempty" unset:"10m"`
	Retry      *Retry            `json:"retry,omitempty"`
}

var taskMethods = []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"}

func (t *Task) validate(problems *Problems, path string) {
	if kinds := t.kinds(); len(kinds) != 1 {
		problems.Addf(path, "a task is exactly one of activity, workflow, http and command, not %s",
			orNothing(strings.Join(kinds, " and ")))
	}
	if t.Activity != nil {
		t.Activity.validate(problems, field(path, "activity"))
	}
	if t.Workflow != nil {
		t.Workflow.validate(problems, field(path, "workflow"))
	}
	if t.HTTP != nil {
		t.HTTP.validate(problems, field(path, "http"))
	}
	if t.Command != nil {
		t.Command.validate(problems, field(path, "command"))
	}
}

func (t *Task) kinds() []string {
	var kinds []string
	for _, kind := range []struct {
		name string
		set  bool
	}{{"activity", t.Activity != nil}, {"workflow", t.Workflow != nil}, {"http", t.HTTP != nil}, {"command", t.Command != nil}} {
		if kind.set {
			kinds = append(kinds, kind.name)
		}
	}
	return kinds
}

func (t *ActivityTask) validate(problems *Problems, path string) {
	requireText(problems, field(path, "type"), t.Type)
	boundName(problems, field(path, "type"), t.Type)
	boundName(problems, field(path, "task_queue"), t.TaskQueue)
	oneArgumentForm(problems, path, t.Input, t.Args)
	checkDuration(problems, field(path, "timeout"), t.Timeout)
	checkDuration(problems, field(path, "start_timeout"), t.StartTimeout)
	checkDuration(problems, field(path, "heartbeat_timeout"), t.HeartbeatTimeout)
	t.Retry.validate(problems, field(path, "retry"), noSchedule)
}

func (t *WorkflowTask) validate(problems *Problems, path string) {
	requireText(problems, field(path, "type"), t.Type)
	boundName(problems, field(path, "type"), t.Type)
	boundName(problems, field(path, "task_queue"), t.TaskQueue)
	checkReserved(problems, field(path, "id"), fixedBeginning(t.ID), reservedIDs)
	oneArgumentForm(problems, path, t.Input, t.Args)
	checkDuration(problems, field(path, "timeout"), t.Timeout)
}

// ValidateRequest is [Webhook.ValidateRequest] for a task.
func (t *HTTPTask) ValidateRequest() Problems {
	var problems Problems
	t.validateMethod(&problems, "")
	return problems
}

// validateMethod checks the method, the headers, and the authentication.
func (t *HTTPTask) validateMethod(problems *Problems, path string) {
	oneOf(problems, field(path, "method"), t.Method, taskMethods...)
	validateHeaders(problems, field(path, "headers"), t.Headers, transportHeaders)
	taken := map[string]string{}
	headersIn(taken, "headers", t.Headers)
	validateHeaderSecrets(problems, field(path, "header_secrets"), t.HeaderSecrets, taken, transportHeaders)
	t.Auth.validate(problems, field(path, "auth"), taken)
}

func (t *HTTPTask) validate(problems *Problems, path string) {
	t.validateMethod(problems, path)
	t.validateTarget(problems, path)
	t.TLS.validate(problems, field(path, "tls"), t.URL)
	if t.ContentType != "" {
		checkMediaType(problems, field(path, "content_type"), t.ContentType)
		checkCharset(problems, field(path, "content_type"), t.ContentType)
	}
	if method := WithDefaults(*t).Method; hasValue(t.Body) && (method == "GET" || method == "HEAD") {
		problems.Addf(field(path, "body"), "a %s request has no body", method)
	}
	checkDuration(problems, field(path, "timeout"), t.Timeout)
	t.Retry.validate(problems, field(path, "retry"), takesSchedule)
	t.Retry.checkSuccess(problems, field(path, "retry"), t.Success)
	t.Poll.validate(problems, field(path, "poll"))
}

func (t *HTTPTask) validateTarget(problems *Problems, path string) {
	checkSecretName(problems, field(path, "url_secret"), t.URLSecret)
	switch {
	case t.URL != "" && t.URLSecret != "":
		problems.Addf(field(path, "url_secret"), "give either url or url_secret, not both")
	case t.URL != "":
		checkURL(problems, field(path, "url"), t.URL)
	case t.URLSecret == "":
		requireText(problems, field(path, "url"), t.URL)
	}
}

func (t *CommandTask) validate(problems *Problems, path string) {
	if len(t.Argv) == 0 {
		problems.Addf(field(path, "argv"), `required: the program and its arguments, such as ["make", "deploy"]`)
	} else {
		requireText(problems, element(field(path, "argv"), 0), t.Argv[0])
	}
	checkVariableNames(problems, field(path, "env"), t.Env)
	checkVariableNames(problems, field(path, "env_secrets"), t.EnvSecrets)
	for _, name := range sortedKeys(t.EnvSecrets) {
		at := field(field(path, "env_secrets"), name)
		if _, twice := t.Env[name]; twice {
			problems.Addf(at, "%s stands in env too", name)
		}
		requireSecretName(problems, at, t.EnvSecrets[name])
	}
	checkDuration(problems, field(path, "timeout"), t.Timeout)
	t.Retry.validate(problems, field(path, "retry"), noSchedule)
}

func checkVariableNames(problems *Problems, path string, variables map[string]string) {
	for _, name := range sortedKeys(variables) {
		if name == "" || strings.ContainsAny(name, "=\x00") {
			problems.Addf(path, "%q is not the name of an environment variable", name)
		}
	}
}

func oneArgumentForm(problems *Problems, path string, input json.RawMessage, args []json.RawMessage) {
	if len(input) > 0 && args != nil {
		problems.Addf(field(path, "args"), "give either input (one argument) or args (several), not both")
	}
}
