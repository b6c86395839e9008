package telemetry

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/latch-run/latch/internal/metric"
)

// seriesOf returns the names of the series that a page has for a metric.
func seriesOf(m metric.Metric) []string {
	if m.Kind != metric.Timer {
		return []string{m.Exposed()}
	}
	return []string{m.Exposed() + "_bucket", m.Exposed() + "_sum", m.Exposed() + "_count"}
}

var ownSeries = regexp.MustCompile(`\blatch_\w+`)

// selector is a metric with the labels that are asked of it.
var selector = regexp.MustCompile(`(latch_\w+)\{([^}]*)\}`)

// expressions returns the Prometheus queries of the dashboard and the alert rules.
func expressions(t *testing.T) map[string]string {
	t.Helper()
	asked := map[string]string{}
	text, err := os.ReadFile("../../deploy/prometheus/latch.rules.yml")
	require.NoError(t, err)
	var rules struct {
		Groups []struct {
			Rules []struct{ Alert, Expr string }
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &rules))
	for _, group := range rules.Groups {
		for _, rule := range group.Rules {
			asked["alert "+rule.Alert] = rule.Expr
		}
	}
	text, err = os.ReadFile("../../deploy/grafana/latch.json")
	require.NoError(t, err)
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr, RefID string }
		}
	}
	require.NoError(t, json.Unmarshal(text, &dashboard))
	for _, panel := range dashboard.Panels {
		require.NotEmpty(t, panel.Targets, panel.Title)
		for _, target := range panel.Targets {
			asked["panel "+panel.Title+" "+target.RefID] = target.Expr
		}
	}
	return asked
}

// Every series of Latch's that the dashboard and the alert rules name is in the catalogue, with
// every label that they select by or group by. The dashboard contains all of them.
func TestDashboardAndRulesNameWhatThereIs(t *testing.T) {
	t.Parallel()
	known := map[string]metric.Metric{}
	for _, each := range metric.All() {
		for _, series := range seriesOf(each) {
			known[series] = each
		}
	}
	shown := map[string]bool{}
	for where, expr := range expressions(t) {
		for _, name := range ownSeries.FindAllString(expr, -1) {
			require.Contains(t, known, name, where)
			if strings.HasPrefix(where, "panel ") {
				shown[known[name].Name] = true
			}
		}
		for _, match := range selector.FindAllStringSubmatch(expr, -1) {
			for matcher := range strings.SplitSeq(match[2], ",") {
				label := regexp.MustCompile(`^\w+`).FindString(matcher)
				require.True(t, slices.Contains(known[match[1]].Labels, label), "%s: %s has no label %q", where, match[1], label)
			}
		}
	}
	for _, each := range metric.All() {
		require.True(t, shown[each.Name], "no panel shows %s", each.Name)
	}
}

// The operator's document has every metric, with its labels.
func TestDocumentsListTheMetrics(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/operate.md")
	require.NoError(t, err)
	for _, each := range metric.All() {
		labels := "—"
		if len(each.Labels) > 0 {
			labels = "`" + strings.Join(each.Labels, "`, `") + "`"
		}
		where := map[[2]bool]string{{true, false}: "worker", {false, true}: "API", {true, true}: "both"}[[2]bool{each.Worker, each.API}]
		require.Contains(t, string(text), "| `"+each.Exposed()+"` | "+string(each.Kind)+" | "+labels+" | "+where+" | "+each.Help+" |\n")
	}
}
