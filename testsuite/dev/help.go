package main

import (
	"io"
	"text/template"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/stack"
)

// defaultFrontend is the address of Temporal that clients use by default.
const defaultFrontend = "127.0.0.1:7233"

// places holds all addresses.
type places struct {
	Frontend, UI, HTTP, Database string
	Health                       string // empty: off
	Receiver                     string
	API                          string
	Keys                         bool // the API requires one
	Queue                        string
}

func placesOf(up *stack.Stack, worker stack.Environment, receiver, api, database string) places {
	return places{
		Frontend: up.Server.FrontendHostPort, UI: up.Server.UIURL, HTTP: up.Server.HTTPAddress, Database: database,
		Health: up.HealthURL, Receiver: receiver, API: api,
		Keys: worker.Value("LATCH_API_KEYS", "") != "", Queue: worker.Value("LATCH_TASK_QUEUE", latch.DefaultTaskQueue),
	}
}

// Exports are the variables that another terminal needs to find the stack.
func (p places) Exports() []string {
	var exports []string
	if p.Frontend != defaultFrontend {
		exports = append(exports, "export TEMPORAL_ADDRESS="+p.Frontend)
	}
	if p.Queue != latch.DefaultTaskQueue {
		exports = append(exports, "export LATCH_TASK_QUEUE="+p.Queue)
	}
	return exports
}

// help prints the addresses, and commands to type.
func (p places) help(out io.Writer) error {
	return helpTemplate.Execute(out, p)
}

var helpTemplate = template.Must(template.New("help").Parse(`
Temporal   {{.Frontend}}, its data in {{.Database}}
           {{.HTTP}}/api/v1 is its HTTP API
UI         {{.UI}}
Worker     task queue {{.Queue}}, health and metrics {{with .Health}}{{.}}{{else}}off{{end}}
API        {{.API}} is Latch's, with its console for a browser
Receiver   {{.Receiver}} takes any path, prints what it gets and echoes it;
           ?status=503 and ?answer={"result":"fail"} change what it answers

To try it, in another terminal:
{{range .Exports}}  {{.}}
{{end}}
A release that waits for a person, with the starter:
  go run ./starter release run examples/release.json
  go run ./starter status first        # shows the lock it waits for
  go run ./starter lock release '<token>' --reason "looks good"
  go run ./starter watch first

The same with the temporal command:
  temporal workflow start --type latch.Release --task-queue {{.Queue}} --workflow-id release-first --input-file examples/release.json
  temporal workflow query --workflow-id release-first --type status
  temporal workflow update execute --workflow-id release-first --name release_lock --input '{"lock":"<token>","reason":"looks good"}'
  temporal workflow query --workflow-id release-first --type history

A registered job, over HTTP:
  go run ./starter job apply examples/jobs.yaml
  curl {{if .Keys}}-H 'X-API-Key: <key>' {{end}}--json '{"action": "START"}' {{.API}}/v2/jobs/nightly-export/:actions{{if .Keys}}   # one of LATCH_API_KEYS, of the role run or admin{{end}}

Ctrl-C ends it.
`))
