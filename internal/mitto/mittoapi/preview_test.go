package mittoapi_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/api/apitest"
	"github.com/latch-run/latch/internal/registry"
	"github.com/latch-run/latch/internal/runs/runstest"
)

func (b *mittoBench) preview(webhook string) api.WebhookPreview {
	b.Helper()
	var preview api.WebhookPreview
	require.NoError(b, json.Unmarshal([]byte(b.do(200, "POST", "/latch/v1/jobs/7/webhooks/preview", webhook)), &preview))
	return preview
}

// A preview of a job's webhook has the values of the job's last run, of each event
// as it would find them; without a run they are made up. The job stays as it is.
func TestAPreviewOfAJobsWebhookHasTheLastRun(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	b.do(201, "POST", "/v2/jobs", `{"id":7,"title":"Shop","type":"cmd","conf":{"cmd":"true"},
		"webhooks":[{"event_type":"JOB_START","url":"https://a.example/?token=s3cret"}]}`)
	before := b.do(200, "GET", "/v2/jobs/7/webhooks", "")
	const webhook = `{"webhook":{"url":"https://a.example/?token=***","timeout":"30","event_type":"JOB_COMPLETE",
		"body":"{\"t\": \"${job['title']}\", \"code\": ${job.status.returncode}, ` +
		`\"rows\": \"${job.status.kvp[?'rows'].orValue('none')}\", \"host\": \"${system.fqdn}\"}"},"id":700001}`
	preview := b.preview(webhook)
	require.Empty(t, preview.Errors)
	require.True(t, preview.Run.MadeUp)
	require.Equal(t, `{"t": "Shop", "code": 0, "rows": "none", "host": "stage.zuarbase.net"}`, preview.Events[0].Request.Body)
	require.Equal(t, "https://a.example/?token=***", preview.Events[0].Request.URL)

	b.registry.Ran["7"] = registry.Run{RunID: "6f1ed002-ab5d-4ab5-b3b4-d8f8d0c4f5a7", Status: latch.JobFailed, Error: "no disk", ExitStatus: 3,
		StartedAt: latch.NewTime(apitest.Fixed), CompletedAt: latch.NewTime(apitest.Fixed.Add(90_000_000_000)),
		KVP: latch.Object{"rows": []byte(`17`)}}
	preview = b.preview(webhook)
	require.Equal(t, `{"t": "Shop", "code": 3, "rows": "17", "host": "stage.zuarbase.net"}`, preview.Events[0].Request.Body)
	require.Equal(t, "6f1ed002-ab5d-4ab5-b3b4-d8f8d0c4f5a7", preview.Run.RunID)
	require.Equal(t, "job-7", preview.Run.WorkflowID)
	require.Equal(t, latch.JobFailed, preview.Run.Status)
	preview = b.preview(`{"webhook":{"url":"https://b.example/","event_type":"JOB_START",
		"body":"${job.status.started_at} ${job.status.returncode} ${run.run_id}","content_type":"text/plain"}}`)
	require.Equal(t, apitest.Fixed.Format("2006-01-02T15:04:05.000Z")+"  6f1ed002-ab5d-4ab5-b3b4-d8f8d0c4f5a7", preview.Events[0].Request.Body)

	b.registry.Ran["7"] = registry.Run{RunID: "6f1ed002-ab5d-4ab5-b3b4-d8f8d0c4f5a7", Status: latch.JobRunning,
		StartedAt: latch.NewTime(apitest.Fixed)}
	require.Contains(t, b.preview(webhook).Events[0].Request.Body, `"code": 0`, "a run that goes on is taken to end well")
	require.Equal(t, before, b.do(200, "GET", "/v2/jobs/7/webhooks", ""))
}

// Problems have the paths of the client's input, and the rest is rendered.
func TestAPreviewOfAWrongWebhookOfAJob(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	b.do(201, "POST", "/v2/jobs", `{"id":7,"title":"Shop","type":"salesforce"}`)
	preview := b.preview(`{"webhook":{"url":"ftp://a","event_type":"JOB_START","body":"{\"t\": \"${job.title}\"}",
		"when":"1","timeout":"soon"}}`)
	var paths []string
	for _, each := range preview.Errors {
		paths = append(paths, each.Path)
	}
	require.Subset(t, paths, []string{"url", "timeout"})
	require.Equal(t, `{"t": "Shop"}`, preview.Events[0].Request.Body)
	require.Equal(t, "event_type", b.preview(`{"webhook":{"url":"https://a.example/"}}`).Errors[0].Path)
	b.do(404, "POST", "/latch/v1/jobs/8/webhooks/preview", `{"webhook":{}}`)
	b.do(404, "POST", "/latch/v1/jobs/7/webhooks/preview", `{"webhook":{},"id":3}`)
}

// A test of a job's webhook is a delivery with the last run's values, and with the credentials
// that are hidden from clients.
func TestTheTestOfAJobsWebhook(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	b.do(201, "POST", "/v2/jobs", `{"id":7,"title":"Shop","type":"cmd","conf":{"cmd":"true"},
		"webhooks":[{"event_type":"JOB_START","url":"https://a.example/?token=s3cret"}]}`)
	b.registry.Ran["7"] = registry.Run{RunID: "6f1ed002-ab5d-4ab5-b3b4-d8f8d0c4f5a7", Status: latch.JobSucceeded,
		StartedAt: latch.NewTime(apitest.Fixed), CompletedAt: latch.NewTime(apitest.Fixed)}
	b.temporal.OnStart = func(run *runstest.Run) {
		run.Info.Status, run.Closed = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED, runstest.Completed(runstest.Payloads(
			latch.Record{DeliveryID: "dlv_test_x", Response: &latch.RecordResponse{Status: 200}}))
	}
	const webhook = `"webhook":{"url":"https://a.example/?token=***","event_type":"JOB_SUCCESS",
		"body":"${run.run_id}","content_type":"text/plain"}`
	got := b.do(200, "POST", "/latch/v1/jobs/7/webhooks/test", `{"id":700001,`+webhook+`}`)
	require.Contains(t, got, `"outcome":"delivered"`)
	require.Contains(t, got, `"body":"6f1ed002-ab5d-4ab5-b3b4-d8f8d0c4f5a7"`)
	require.NotContains(t, got, "s3cret")
	require.Len(t, b.temporal.Starts, 1)
	require.Contains(t, string(b.temporal.Starts[0].GetInput().GetPayloads()[0].GetData()), "https://a.example/?token=s3cret")
	b.do(422, "POST", "/latch/v1/jobs/7/webhooks/test", `{`+webhook+`}`)
	b.do(422, "POST", "/latch/v1/jobs/7/webhooks/test", `{"webhook":{"url":"ftp://a","event_type":"JOB_START"}}`)
	b.do(404, "POST", "/latch/v1/jobs/7/webhooks/test", `{"webhook":{},"id":3}`)
	require.Len(t, b.temporal.Starts, 1)
	require.Contains(t, b.do(200, "GET", "/v2/jobs/7/webhooks", ""), `"event_type":"JOB_START"`)
}
