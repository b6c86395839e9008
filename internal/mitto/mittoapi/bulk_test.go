package mittoapi_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

// A bulk is the answer of a call about several jobs, as Mitto's client reads it.
type bulk struct {
	Status struct {
		Success, Failure int
		Error            *string
	}
	Results []struct {
		ID       any
		Name     string
		Schedule map[string]any
	}
}

func (b *mittoBench) bulk(status int, method, path, body string) (answer bulk) {
	b.Helper()
	require.NoError(b, json.Unmarshal([]byte(b.do(status, method, path, body)), &answer))
	return answer
}

// Bulk routes answer {"status": {"success", "failure", "error"}, "results": […]}.
func TestMittoBulk(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	made := b.bulk(201, "POST", "/v2/bulk/jobs", `[
		{"name":"a"},
		{"name":"b","schedule":{"type":"daily","daily":{"minute":0,"hour":12,"ampm":"AM"}}},
		{"name":"a"}]`)
	require.Equal(t, 3, made.Status.Success)
	require.Zero(t, made.Status.Failure)
	require.Nil(t, made.Status.Error)
	require.Equal(t, "b", made.Results[1].Name)
	require.Equal(t, "0 0 * * *", made.Results[1].Schedule["value"])

	found := b.bulk(200, "GET", "/v2/bulk/jobs?name=a&", "")
	require.Len(t, found.Results, 2)
	require.Equal(t, 2, found.Status.Success)
	require.JSONEq(t, `{"status":{"success":0,"failure":0,"error":null},"results":[]}`, b.do(200, "GET", "/v2/bulk/jobs?name=none", ""))
	require.JSONEq(t, `{"status":{"success":0,"failure":0,"error":null},"results":[]}`, b.do(201, "POST", "/v2/bulk/jobs", "[]"))

	mixed := b.bulk(201, "POST", "/v2/bulk/jobs", `[{"id":"x"},{"id":"x"},{"name":"c"}]`)
	require.Equal(t, 2, mixed.Status.Success)
	require.Equal(t, 1, mixed.Status.Failure)
	require.Contains(t, *mixed.Status.Error, `Job "x"`)
	require.Len(t, mixed.Results, 2)
	b.registry.CreateError = errors.New("odd")
	b.do(500, "POST", "/v2/bulk/jobs", `[{"name":"d"}]`)
}

// Lists are in the order of creation, whatever the ids are.
func TestMittoListsAreInTheOrderOfCreation(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	b.registry.KeepsTimes = true
	names := []string{}
	body := `[`
	for i := range 20 {
		names = append(names, fmt.Sprint("job ", i))
		body += fmt.Sprintf(`{"name":%q,"tags":[%q],"type":"io",
			"webhooks":[{"url":"https://example.com/%d","event_type":"JOB_START"}]},`, names[i], fmt.Sprint("tag ", 20-i), i)
	}
	b.do(201, "POST", "/v2/bulk/jobs", body[:len(body)-1]+"]")
	namesOf := func(answer string) (found []string) {
		var jobs []struct{ Name string }
		require.NoError(t, json.Unmarshal([]byte(answer), &jobs))
		for _, job := range jobs {
			found = append(found, job.Name)
		}
		return found
	}
	require.Equal(t, names, namesOf(b.do(200, "GET", "/v2/jobs", "")))
	var page struct{ Jobs, Results json.RawMessage }
	require.NoError(t, json.Unmarshal([]byte(b.do(200, "POST", "/v2/jobs/search", "")), &page))
	require.Equal(t, names, namesOf(string(page.Jobs)))
	require.NoError(t, json.Unmarshal([]byte(b.do(200, "GET", "/v2/bulk/jobs", "")), &page))
	require.Equal(t, names, namesOf(string(page.Results)))
	tags := namesOf(b.do(200, "GET", "/tags", ""))
	require.Equal(t, "tag 20", tags[0])
	require.Equal(t, "tag 1", tags[19])
	var hooks []struct{ URL string }
	require.NoError(t, json.Unmarshal([]byte(b.do(200, "GET", "/webhooks", "")), &hooks))
	for i, hook := range hooks {
		require.Equal(t, fmt.Sprint("https://example.com/", i), hook.URL)
	}
}

// Data that Mitto stores and Latch does not is 404, with an explanation.
func TestWhatIsNotLatchs(t *testing.T) {
	t.Parallel()
	b := newMitto(t)
	for _, call := range [][3]string{
		{"GET", "/v2/databases", "Latch has no databases"}, {"GET", "/v2/pkg", "Latch has no packages"},
		{"POST", "/v2/pkg/refresh", "no packages"},
		{"GET", "/credentials", "Latch keeps no credentials"}, {"POST", "/credentials", "no credentials"},
		{"GET", "/v2/nothing", "No such route"},
	} {
		for _, prefix := range []string{"", "/api"} {
			require.Contains(t, b.do(404, call[0], prefix+call[1], ""), call[2])
		}
	}
}
