package mitto

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/rawjson"
)

// taskKinds are Latch's names for the kinds of task.
var taskKinds = []string{"activity", "workflow", "http", "command"}

// foreignTypes are types of Mitto jobs whose confs Latch does not understand. A
// key in such a conf that looks like one of Latch's tasks means something else,
// unless its value is a valid task.
var foreignTypes = []string{"io", "sql", "system", "bulk"}

const (
	typeCommand = "cmd"
	// unlimited is the timeout of a command for which Mitto sets none. The
	// job's own timeout still applies.
	unlimited = "8760h"
	shell     = "/bin/sh"
)

// work decides what the job runs. A job with `jobs` is a sequence; `task`, or a
// conf that holds a task under Latch's names, is that task; a conf of type cmd
// is a command. Any other job is kept but cannot run.
func (t *translation) work() {
	delete(t.latches, keyTask)
	delete(t.latches, keyJobs)
	if jobs := t.extras[keyJobs]; !isNull(jobs) && string(jobs) != "[]" {
		t.sequence(jobs)
		return
	}
	if task := t.extras[keyTask]; !isNull(task) {
		t.set(keyTask, task)
		return
	}
	conf, ok := t.conf()
	if !ok {
		return
	}
	kind := text(t.extras[keyType])
	at, task := ownTask(conf)
	switch {
	case task != nil && (!slices.Contains(foreignTypes, kind) || isTask(task)):
		t.renamed[keyTask] = at
		t.set(keyTask, task)
	case kind == typeCommand && !isNull(conf["cmd"]):
		t.command(conf)
	case kind == typeCommand:
		t.lacks = "conf.cmd is missing: the command that this job of type cmd runs"
	default:
		t.lacks = lacking(kind)
	}
}

func lacking(kind string) string {
	what := "the job has no type"
	if kind != "" && kind != "null" {
		what = fmt.Sprintf("Latch does not run jobs of type %q by themselves", kind)
	}
	return what + `, and there is no task: a conf of type cmd, or with one of activity, workflow, http and command, as in {"http": {"url": "https://…"}}, or jobs, for a sequence`
}

// conf returns the conf as an object, whether it was sent as JSON or as HJSON.
func (t *translation) conf() (latch.Object, bool) {
	value := t.extras[keyConf]
	if !isText(value) {
		return members(value), true
	}
	read, err := fromHJSON(text(value))
	if err != nil {
		t.problems.Addf(keyConf, "is not HJSON: %v", err)
		return nil, false
	}
	return members(read), true
}

// confAsJSON returns a conf as JSON, whether it was sent as JSON or as HJSON. A
// string that is not HJSON, which is allowed beside a task, stays a string.
func confAsJSON(value json.RawMessage) json.RawMessage {
	if read, err := fromHJSON(text(value)); isText(value) && err == nil {
		return read
	}
	return value
}

// ownTask returns the task that a conf holds under Latch's names, and its path.
func ownTask(conf latch.Object) (path string, task json.RawMessage) {
	if isObject(conf[keyTask]) {
		return "conf.task", conf[keyTask]
	}
	found := latch.Object{}
	for _, kind := range taskKinds {
		if isObject(conf[kind]) {
			found[kind] = conf[kind]
		}
	}
	if len(found) == 0 {
		return "", nil
	}
	return keyConf, rawjson.Encode(found)
}

// isTask reports whether every field of the task is valid.
func isTask(task json.RawMessage) bool {
	_, err := admission.DecodeJob(rawjson.Encode(latch.Object{"id": rawjson.Encode("1"), keyTask: task}))
	return err == nil
}

// sequence reads `jobs`: each element is the id of a registered job, or an
// object with such an id. An element with work of its own is a job in Latch's
// format.
func (t *translation) sequence(value json.RawMessage) {
	var jobs []json.RawMessage
	if json.Unmarshal(value, &jobs) != nil {
		t.problems.Addf(keyJobs, "must be an array of ids of jobs")
		return
	}
	for i, job := range jobs {
		object := members(job)
		if object == nil || !isNull(object[keyTask]) || !isNull(object[keyJobs]) {
			continue
		}
		if isNull(object["id"]) {
			at := fmt.Sprintf("jobs[%d].id", i)
			t.problems.Addf(at, "required: the id of the job to run here")
			jobs[i] = rawjson.Encode(at)
			continue
		}
		jobs[i] = rawjson.Encode(text(object["id"]))
	}
	t.set(keyJobs, rawjson.Encode(jobs))
}

// command translates a conf of type cmd. The command line reaches the shell
// unchanged: anything in it that looks like a template belongs to the shell.
func (t *translation) command(conf latch.Object) {
	t.renamed["task.command"], t.renamed["task.command.argv"] = keyConf, "conf.cmd"
	t.renamed["task.command.env"], t.renamed["task.command.timeout"] = "conf.cmd_env", "conf.timeout"
	var command string
	if !isText(conf["cmd"]) || json.Unmarshal(conf["cmd"], &command) != nil {
		t.problems.Addf("conf.cmd", "must be a string, not %s", conf["cmd"])
		return
	}
	task := latch.Object{"argv": rawjson.Encode(t.argv(conf["shell"], command)), "timeout": rawjson.Encode(unlimited)}
	if !isNull(conf["timeout"]) {
		task["timeout"] = duration(conf["timeout"])
	}
	if !isNull(conf["cmd_env"]) {
		task["env"] = t.environment(conf["cmd_env"])
	}
	t.set(keyTask, rawjson.Encode(latch.Object{"command": rawjson.Encode(task)}))
}

// argv runs the command through a shell, or splits it as Python's shlex does.
func (t *translation) argv(throughShell json.RawMessage, command string) []string {
	shelled := false
	if !isNull(throughShell) && json.Unmarshal(throughShell, &shelled) != nil {
		t.problems.Addf("conf.shell", "must be true or false, not %s", throughShell)
	}
	if shelled {
		return []string{shell, "-c", literal(command)}
	}
	words, err := splitWords(command)
	switch {
	case err != nil:
		t.problems.Addf("conf.cmd", "cannot be split into words: %v", err)
	case len(words) == 0 || words[0] == "":
		t.problems.Addf("conf.cmd", "has no command")
	}
	for i := range words {
		words[i] = literal(words[i])
	}
	return words
}

func (t *translation) environment(value json.RawMessage) json.RawMessage {
	variables := members(value)
	if variables == nil {
		t.problems.Addf("conf.cmd_env", "must be an object of names and values, not %s", value)
	}
	values := map[string]string{}
	for name, each := range variables {
		values[name] = literal(text(each))
	}
	return rawjson.Encode(values)
}

// literal escapes a text so that it is not read as a template.
func literal(text string) string { return strings.ReplaceAll(text, "${", "$${") }

// showConf returns the conf as HJSON. A string is returned unchanged.
func showConf(value json.RawMessage) json.RawMessage {
	if isText(value) {
		return value
	}
	written, err := toHJSON(value)
	if err != nil {
		return rawjson.Encode(string(value)) // JSON is HJSON too
	}
	return rawjson.Encode(written)
}
