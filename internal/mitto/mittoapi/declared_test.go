package mittoapi_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/api/apitest"
)

const declaredJob = `{"title":"Nightly","schedule":{"cron":"0 3 * * *"},"task":{"http":{"url":"https://a.example/?token=hush"}}}`

// A job is put as a file declares it. A dry run says what would change, and writes nothing.
func TestPutRegisteredJob(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	b.do(http.StatusNotFound, "GET", "/latch/v1/jobs/nightly", "")
	require.Contains(t, b.do(http.StatusOK, "PUT", "/latch/v1/jobs/nightly?dry_run=true", declaredJob), `"field":"title"`)
	require.Empty(t, b.registry.Jobs)

	made := b.do(http.StatusOK, "PUT", "/latch/v1/jobs/nightly", strings.Replace(declaredJob, "{", `{"kind":"job","managed_by":"apply",`, 1))
	require.NotContains(t, made, "hush")
	require.Contains(t, made, `"managed_by":"apply"`)
	read := apitest.Call(b, "GET", "/latch/v1/jobs/nightly", "")
	require.Contains(t, read.Body.String(), `"url":"https://a.example/?token=***"`)

	// What was read may be sent back: the credential stays.
	dry := b.do(http.StatusOK, "PUT", "/latch/v1/jobs/nightly?dry_run=true", read.Body.String())
	require.NotContains(t, dry, `"changes"`)
	changed := strings.Replace(read.Body.String(), "Nightly", "Every night", 1)
	dry = b.do(http.StatusOK, "PUT", "/latch/v1/jobs/nightly?dry_run=true", changed)
	require.Contains(t, dry, `"changes":[{"field":"title","from":"Nightly","to":"Every night"}]`)
	etag := read.Header().Get("ETag")
	b.do(http.StatusOK, "PUT", "/latch/v1/jobs/nightly", changed, "If-Match", etag)
	require.Equal(t, "https://a.example/?token=hush", b.registry.Jobs[0].Job.Task.HTTP.URL)

	b.do(http.StatusPreconditionFailed, "PUT", "/latch/v1/jobs/nightly", declaredJob, "If-Match", etag)
	b.do(http.StatusPreconditionFailed, "PUT", "/latch/v1/jobs/none", declaredJob, "If-Match", etag)
	b.do(http.StatusBadRequest, "PUT", "/latch/v1/jobs/nightly", "{")
	for body, says := range map[string]string{
		`{"id":"other","task":{"command":{"argv":["x"]}}}`:               `\"other\" differs from the id in the path`,
		`{"kind":"webhook","task":{"command":{"argv":["x"]}}}`:           `\"webhook\" is not \"job\"`,
		`{"managed_by":7,"task":{"command":{"argv":["x"]}}}`:             "7 is not the name of an owner",
		`{"task":{"http":{"url":"https://b.example/?token=***"}}}`:       "where a credential was hidden when it was shown",
		`{"titel":"x","task":{"command":{"argv":["x"]}}}`:                "titel",
		`{"task":{"command":{"argv":["x"]}},"schedule":{"cron":"99 *"}}`: "schedule.cron",
	} {
		require.Contains(t, b.do(http.StatusUnprocessableEntity, "PUT", "/latch/v1/jobs/nightly", body), says, body)
	}
	owned := strings.Replace(declaredJob, "{", `{"managed_by":"`+strings.Repeat("x", 101)+`",`, 1)
	require.Contains(t, b.do(http.StatusUnprocessableEntity, "PUT", "/latch/v1/jobs/nightly", owned), "has 101 bytes; the limit is 100")
}

// Keys of other systems, the task queue and a pause stay unless they are given.
func TestPutRegisteredJobKeepsWhatIsNotItsOwn(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	b.do(http.StatusOK, "PUT", "/latch/v1/jobs/a", `{"task":{"command":{"argv":["x"]}},"extras":{"dbo":"x"},"task_queue":"other","paused":true}`)
	b.do(http.StatusOK, "PUT", "/latch/v1/jobs/a", `{"task":{"command":{"argv":["y"]}}}`)
	require.JSONEq(t, `{"kind":"job","id":"a","task":{"command":{"argv":["y"]}},"task_queue":"other","paused":true,"extras":{"dbo":"x"},
		"created_at":"2026-01-02T03:04:05.000Z","updated_at":"2026-01-02T03:04:05.000Z"}`, b.do(http.StatusOK, "GET", "/latch/v1/jobs/a", ""))
}

// The list comes in parts, in which nothing is twice though a job between them is deleted.
func TestListRegisteredJobs(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	for _, id := range []string{"1", "2", "a", "b", "c"} {
		b.do(http.StatusOK, "PUT", "/latch/v1/jobs/"+id, declaredJob)
	}
	var ids []string
	cursor := ""
	for {
		var page struct {
			Jobs       []struct{ ID, Title string }
			TaskQueue  string `json:"task_queue"`
			NextCursor string `json:"next_cursor"`
		}
		require.NoError(t, json.Unmarshal([]byte(b.do(http.StatusOK, "GET", "/latch/v1/jobs?limit=2&cursor="+cursor, "")), &page))
		require.Equal(t, "latch", page.TaskQueue)
		for _, job := range page.Jobs {
			require.Equal(t, "Nightly", job.Title)
			ids = append(ids, job.ID)
		}
		if cursor = page.NextCursor; cursor == "" {
			break
		}
		if cursor == "2" {
			b.do(http.StatusNoContent, "DELETE", "/v2/jobs/2", "")
		}
	}
	require.Equal(t, []string{"1", "2", "a", "b", "c"}, ids)
}

func TestTagsOfTheirOwn(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	require.JSONEq(t, `{"tags":[]}`, b.do(http.StatusOK, "GET", "/latch/v1/tags", ""))
	b.do(http.StatusOK, "PUT", "/latch/v1/tags/at%2Fnight", `{"managed_by":"apply"}`)
	require.Contains(t, b.do(http.StatusOK, "PUT", "/latch/v1/tags/at%2Fnight", ""), `"name":"at/night"`)
	require.Contains(t, b.do(http.StatusOK, "GET", "/latch/v1/tags", ""), `"name":"at/night"`)
	require.Contains(t, b.do(http.StatusUnprocessableEntity, "PUT", "/latch/v1/tags/a", `{"name":"b"}`), "differs from the name in the path")
	require.Contains(t, b.do(http.StatusUnprocessableEntity, "PUT", "/latch/v1/tags/a", `{"owner":"b"}`), "a tag has name and managed_by")
	require.Contains(t, b.do(http.StatusUnprocessableEntity, "PUT", "/latch/v1/tags/a", `{"managed_by":"`+strings.Repeat("b", 101)+`"}`),
		"has 101 bytes; the limit is 100")
	require.Contains(t, b.do(http.StatusUnprocessableEntity, "PUT", "/latch/v1/tags/"+strings.Repeat("a", 201), ""), "a tag's name has at most 200")
	for _, blank := range []string{"%20", "%C2%A0", "%FF"} { // apply would not take them from an export
		require.Contains(t, b.do(http.StatusUnprocessableEntity, "PUT", "/latch/v1/tags/"+blank, ""), "a tag's name has at most 200")
	}
	require.Contains(t, b.do(http.StatusUnprocessableEntity, "POST", "/tags", `{"name":" "}`), "the tag's name")
	b.do(http.StatusNoContent, "DELETE", "/latch/v1/tags/at%2Fnight", "")
	b.do(http.StatusNotFound, "DELETE", "/latch/v1/tags/at%2Fnight", "")
}
