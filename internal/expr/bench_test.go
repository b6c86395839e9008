package expr

import (
	"encoding/json"
	"testing"
)

// A body like Slack's, which each delivery renders.
func BenchmarkRenderSlackBody(b *testing.B) {
	vars := variables("system", `{"fqdn":"stage.example.net"}`, "job",
		`{"title":"Webhooks!","id":"22739","status":{"id":"succeeded"}}`, "event", `"JOB_SUCCESS"`)
	template, err := CompileTemplate(`{"text":"${event}: ${system['fqdn']} - ${job['title']}\nhttps://${system['fqdn']}/#!/job/${job['id']}",
		"status":${job.status}}`, InJSON)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := template.Render(vars); err != nil {
			b.Fatal(err)
		}
	}
}

// A body given as JSON.
func BenchmarkRenderTree(b *testing.B) {
	vars := variables("job", `{"title":"Webhooks!","id":"22739","status":{"id":"succeeded"}}`, "event", `"JOB_SUCCESS"`)
	tree, err := CompileTree(json.RawMessage(`{"event":"${event}",
		"job":{"id":"${job.id}","title":"Job ${job.title}"},"status":"${job.status}",
		"fixed":[1,2,3,{"a":"b"}]}`))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tree.Render(vars); err != nil {
			b.Fatal(err)
		}
	}
}

// The default decision of each hook.
func BenchmarkDecision(b *testing.B) {
	e, err := Compile(DefaultRollbackRelease, RollbackRelease)
	if err != nil {
		b.Fatal(err)
	}
	vars := variables("history", `{"delivery_id":"dlv_1","webhook":"w","event":"BEFORE_RELEASE","result":"fail",
		"data":{"result":"fail","rollback_release":true}}`)
	b.ReportAllocs()
	for b.Loop() {
		if verdict, err := e.Bool(vars); err != nil || !verdict {
			b.Fatal(verdict, err)
		}
	}
}

// A decision over all records of a large run.
func BenchmarkDecisionOverRecords(b *testing.B) {
	e, err := Compile("records.all(r, r.result == 'pass' || r.webhook == 'w3')", RollbackRelease)
	if err != nil {
		b.Fatal(err)
	}
	vars := variables("records", manyRecords(500))
	b.ReportAllocs()
	for b.Loop() {
		if verdict, err := e.Bool(vars); err != nil || !verdict {
			b.Fatal(verdict, err)
		}
	}
}

// Compiling a source that is in the cache.
func BenchmarkCompileCached(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compile(DefaultRollbackRelease, RollbackRelease); err != nil {
			b.Fatal(err)
		}
	}
}
