package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/process"
	"github.com/latch-run/latch/testsuite/receiver"
)

// withoutData are the dashboard's queries that return no data, with the reason.
var withoutData = map[string]string{
	"latch_job_runs_missed_total": "a job misses a time only while nothing runs for longer than catchup allows",
}

// prometheus finds Prometheus and promtool. CI installs them and fails without them; elsewhere
// the test is skipped.
func prometheus(t *testing.T) (server, tool string) {
	t.Helper()
	server, err := exec.LookPath("prometheus")
	if err == nil {
		tool, err = exec.LookPath("promtool")
	}
	if err != nil && os.Getenv("CI") == "" {
		t.Skip("Prometheus and promtool are not installed; what dashboard and alerts ask is not tried")
	}
	require.NoError(t, err)
	return server, tool
}

// A scraper is a Prometheus that scrapes a worker and an API, and evaluates the rules.
type scraper struct {
	*bench
	url string
}

func (b *bench) scrape(server string, api *served, key string) *scraper {
	b.Helper()
	address, dir := freeAddress(b.T), b.TempDir()
	config := filepath.Join(dir, "prometheus.yml")
	require.NoError(b, os.WriteFile(config, fmt.Appendf(nil, `
global: {scrape_interval: 500ms, scrape_timeout: 500ms, evaluation_interval: 500ms}
rule_files: [%q]
scrape_configs:
  - job_name: worker
    static_configs: [{targets: [%q]}]
  - job_name: api
    authorization: {credentials: %q}
    static_configs: [{targets: [%q]}]
`, filepath.Join(rootDir(b.T), "deploy", "prometheus", "latch.rules.yml"), b.health, key, strings.TrimPrefix(api.url, "http://")), 0o600))
	p := process.Start(b.T, process.Command{Path: server, Args: []string{"--config.file=" + config, "--web.listen-address=" + address,
		"--storage.tsdb.path=" + filepath.Join(dir, "data"), "--log.level=warn"}})
	require.NoError(b, p.AwaitReady(b.ctx, "http://"+address+"/-/ready"))
	return &scraper{b, "http://" + address}
}

// get decodes the answer of an endpoint of Prometheus's API.
func (s *scraper) get(path string, query url.Values, into any) {
	s.Helper()
	request, err := http.NewRequestWithContext(s.ctx, http.MethodGet, s.url+"/api/v1/"+path+"?"+query.Encode(), nil)
	require.NoError(s, err)
	response, err := http.DefaultClient.Do(request)
	require.NoError(s, err)
	defer response.Body.Close()
	answer := struct {
		Status, Error string
		Data          any
	}{Data: into}
	require.NoError(s, json.NewDecoder(response.Body).Decode(&answer))
	require.Equal(s, "success", answer.Status, "%s: %s", query, answer.Error)
}

// finds reports whether a query has any result.
func (s *scraper) finds(query string) bool {
	s.Helper()
	var data struct{ Result []json.RawMessage }
	s.get("query", url.Values{"query": {query}}, &data)
	return len(data.Result) > 0
}

// Prometheus accepts the alert rules and evaluates each. It has every metric that they and the
// dashboard name, and data for every query of the dashboard.
func TestPrometheusFindsWhatDashboardAndAlertsAsk(t *testing.T) {
	t.Parallel()
	server, tool := prometheus(t)
	b := setup(t)
	api := b.serve("LATCH_API_KEYS", apiKeys)
	s := b.scrape(server, api, "read-key-0123456789")
	load := b.load(api)
	load()
	for metric := range namedMetrics(t) {
		if withoutData[metric] == "" {
			require.Eventually(t, func() bool { return s.finds(metric) }, patience, 10*tick, "%s is not there", metric)
		}
	}
	for where, query := range dashboardQueries(t) {
		if empty(query) {
			continue
		}
		// A rate needs two values, and an unchanged counter has only one.
		asked := strings.ReplaceAll(query, "$__rate_interval", "1m")
		began := time.Now()
		require.Eventually(t, func() bool {
			if time.Since(began) > time.Second {
				load()
				began = time.Now()
			}
			return s.finds(asked)
		}, patience, 10*tick, "%s finds no data: %s", where, asked)
	}
	s.evaluatesRules()
	for page, key := range map[string]string{"http://" + b.health + "/metrics": "", api.url + "/metrics": "read-key-0123456789"} {
		lint(t, tool, page, key)
	}
	out, err := exec.CommandContext(t.Context(), tool, "check", "rules",
		filepath.Join(rootDir(t), "deploy/prometheus/latch.rules.yml")).CombinedOutput()
	require.NoError(t, err, "%s", out)
}

// evaluatesRules waits until each rule was evaluated without an error.
func (s *scraper) evaluatesRules() {
	s.Helper()
	type rule struct{ Name, Health, LastError string }
	require.Eventually(s, func() bool {
		var data struct{ Groups []struct{ Rules []rule } }
		s.get("rules", nil, &data)
		require.Len(s, data.Groups, 1)
		for _, each := range data.Groups[0].Rules {
			require.Empty(s, each.LastError, each.Name)
			if each.Health != "ok" {
				return false
			}
		}
		return len(data.Groups[0].Rules) > 10
	}, patience, 10*tick, "not all rules are evaluated")
}

// empty reports whether a query only concerns what has no data here.
func empty(query string) bool {
	for metric := range withoutData {
		if strings.Contains(query, metric) {
			return true
		}
	}
	return false
}

// load returns a function that makes runs of all kinds, with deliveries that succeed and that
// fail, a gate, an endpoint that is counted at and a registered job that skips a run.
func (b *bench) load(api *served) func() {
	b.receiver.Script("/dead", receiver.Status(503))
	api.register("dead", `{"url":"{R}/dead","retry":{"maximum_attempts":4,"initial_interval":"100ms"},"health":{"warn_at":[1]},"events":[{"event":"PINGED"}]}`)
	api.register("fine", `{"url":"{R}/fine","events":[{"event":"PINGED"},{"event":"JOB_SUCCESS"}]}`)
	held := b.register(`{"id":"held-{Q}","task":{"http":{"url":"{R}/work"}},"webhooks":[{"id":"gate","events":[{"event":"JOB_START","blocking":true}]}]}`)
	_, err := b.registry().Start(b.ctx, held, "", nil)
	require.NoError(b, err)
	round := 0
	return func() {
		round++
		skipped := b.start(latch.WorkflowTrigger, fmt.Sprint("trigger-", round), `{"id":"`+held.ID+`"}`)
		require.NoError(b, skipped.Get(b.ctx, nil))
		api.as("read-key-0123456789", "GET", "/latch/v1/releases/nowhere", "").read(b, 404, nil) // a failing call of Temporal
		api.as("run-key-0123456789", "POST", "/latch/v1/events", `{"event":"PINGED"}`)
		b.succeeds(b.startJob(fmt.Sprint("load-", round), fmt.Sprintf(`{"id":"load-%d","task":{"http":{"url":"{R}/work"}}}`, round)))
		id := fmt.Sprint("gated-", round)
		run := b.start(latch.WorkflowRelease, id, `{"id":"`+id+`",
			"steps":[{"name":"a","do":{"workflow":{"type":"latch.Emit","input":{"event":"DONE"}}}}],
			"webhooks":[{"id":"board","url":"`+b.receiver.URL+`/board","events":[{"event":"BEFORE_RELEASE","blocking":true}]}]}`)
		lock := awaitLock(b.T, run.GetID())
		require.NoError(b, shared.client.SignalWorkflow(b.ctx, run.GetID(), "", latch.MessageReleaseLock,
			latch.LockRelease{Lock: lock.Token}))
		require.NoError(b, run.Get(b.ctx, nil))
	}
}

// namedMetrics returns the metrics in the dashboard and the alerts, by their scraped names.
func namedMetrics(t *testing.T) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(rootDir(t), "deploy", "prometheus", "latch.rules.yml"))
	require.NoError(t, err)
	var rules struct {
		Groups []struct{ Rules []struct{ Expr string } }
	}
	require.NoError(t, yaml.Unmarshal(text, &rules))
	queries := []string{}
	for _, group := range rules.Groups {
		for _, rule := range group.Rules {
			queries = append(queries, rule.Expr)
		}
	}
	for _, query := range dashboardQueries(t) {
		queries = append(queries, query)
	}
	named := map[string]bool{}
	for _, query := range queries {
		for _, name := range regexp.MustCompile(`\b(latch|temporal)_\w+`).FindAllString(query, -1) {
			named[name] = true
		}
	}
	require.Greater(t, len(named), 15)
	return named
}

// dashboardQueries returns the dashboard's queries, by panel.
func dashboardQueries(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(rootDir(t), "deploy", "grafana", "latch.json"))
	require.NoError(t, err)
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr, RefID string }
		}
	}
	require.NoError(t, json.Unmarshal(text, &dashboard))
	queries := map[string]string{}
	for _, panel := range dashboard.Panels {
		for _, target := range panel.Targets {
			queries[panel.Title+" "+target.RefID] = target.Expr
		}
	}
	return queries
}

// lint makes promtool check a page of metrics.
func lint(t *testing.T, tool, page, key string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page, nil)
	require.NoError(t, err)
	if key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	response, err := http.DefaultClient.Do(request)
	require.NoError(t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, http.StatusOK, response.StatusCode)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	check := exec.CommandContext(ctx, tool, "check", "metrics")
	check.Stdin = bytes.NewReader(text)
	out, err := check.CombinedOutput()
	require.NoError(t, err, "%s: %s", page, out)
}
