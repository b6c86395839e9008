package console

import (
	"fmt"
	"math"

	"github.com/latch-run/latch/internal/console/piece"
	dlv "github.com/latch-run/latch/internal/deliveries"
)

// statisticsPath is the path of the statistics of deliveries. The list of
// deliveries loads them into itself, so that it need not wait for them.
const statisticsPath = deliveriesPath + "/statistics"

// deliveryStatistics is the data of the page of statistics.
type deliveryStatistics struct {
	Filters piece.Form
	// Bound says how far the count reached; nil if it is complete.
	Bound    *piece.Notice
	Facts    piece.Facts
	Outcomes piece.Chart
	Latency  piece.Chart
	// List is the address of the list of the deliveries.
	List string
}

// filteredLink returns the address of a page with this page's filter of
// deliveries, plus the given query parameters, as in [visit.link].
func (v *visit) filteredLink(path string, query ...string) string {
	q := v.query
	return v.link(path, append(query, "failed", q.Get("failed"), "outcome", q.Get("outcome"), "since", q.Get("since"), "webhook", q.Get("webhook"),
		"event", q.Get("event"), "job", q.Get("job"), "release", q.Get("release"))...)
}

// deliveryStatistics shows statistics of all deliveries that match the filter.
func (v *visit) deliveryStatistics() (*answer, error) {
	filter := v.deliveryFilter()
	var found dlv.Statistics
	if err := v.api.DeliveryStatistics(v.request.Context(), filter, &found); err != nil {
		return nil, err
	}
	data := deliveryStatistics{Filters: deliveryFilters(filter), Bound: boundOf(&found), List: v.filteredLink(deliveriesPath)}
	data.Facts.Add("Found", piece.Text(deliveriesOf(found.Count)).With(fmt.Sprintf("in %s", runsOf(found.Runs))))
	if found.Delivered > 0 {
		data.Facts.Add("Delivered", piece.Text(fmt.Sprint(found.Delivered)).With(
			fmt.Sprintf("%.4g %% of those that were delivered or failed", 100*float64(found.Delivered)/float64(found.Delivered+found.Failed))))
	}
	for _, each := range []struct {
		name  string
		count int
	}{{"Failed", found.Failed}, {"Pending", found.Pending}, {"Skipped", found.Skipped}, {"Settled", found.Settled}} {
		if each.count > 0 {
			data.Facts.Add(each.name, piece.Text(fmt.Sprint(each.count)))
		}
	}
	if took := found.Latency; took != nil {
		data.Facts.Add("Last attempts took", piece.Text(fmt.Sprintf("%s in the middle, %s at the 95th percentile, %s at most",
			piece.Span(took.P50), piece.Span(took.P95), piece.Span(took.Max))))
	}
	data.Outcomes, data.Latency = chartsOf(&found)
	return show("Statistics of deliveries", "deliveries-statistics", data), nil
}

// boundOf says how far the count reached; nil if it is complete.
func boundOf(found *dlv.Statistics) *piece.Notice {
	if !found.Incomplete {
		return nil
	}
	notice := &piece.Notice{Tone: "wait", Items: unreadItems(found.Unread)}
	if found.Unanswered > 0 {
		notice.Text = missing(found.Unanswered)
	}
	if !found.CompleteSince.IsZero() {
		notice.Text = fmt.Sprintf("Of the newest %d runs: all that ended since %s. Older ones are not counted; a filter by time reaches them. %s",
			found.Runs, found.CompleteSince.UTC().Format("2006-01-02 15:04:05 UTC"), notice.Text)
	} else if found.Runs > found.Unanswered && found.Unanswered == 0 {
		notice.Text = fmt.Sprintf("Of the newest %d runs: more are running than are counted here.", found.Runs)
	}
	return notice
}

// missing says for how many runs no worker answered.
func missing(unanswered int) string {
	return fmt.Sprintf("No worker answered for %s, whose deliveries are missing here.", runsOf(unanswered))
}

// unreadItems lists the runs that could not be read, with the reasons.
func unreadItems(unread []dlv.UnreadRun) []string {
	var items []string
	for _, each := range unread {
		if each.DeliveryID == "" {
			items = append(items, each.WorkflowID+": "+each.Reason)
		}
	}
	return items
}

// runsOf returns the count with its noun.
func runsOf(n int) string {
	if n == 1 {
		return "1 run"
	}
	return fmt.Sprintf("%d runs", n)
}

// chartsOf charts the outcomes and the latency of deliveries over time.
func chartsOf(found *dlv.Statistics) (outcomes, latency piece.Chart) {
	outcomes = piece.Chart{ID: "outcomes", Name: "Outcomes over time", Empty: "Nothing was sent in this time.",
		Series: []piece.Series{{Name: "delivered", Tone: "good"}, {Name: "failed", Tone: "bad"}, {Name: "pending", Tone: "wait"}, {Name: "skipped or settled"}}}
	latency = piece.Chart{ID: "latency", Name: "How long the last attempts took", Lines: true, Unit: " ms", Empty: "Nothing has ended in this time.",
		Series: []piece.Series{{Name: "median", Tone: "good"}, {Name: "95th percentile"}, {Name: "slowest", Tone: "wait"}}}
	for _, each := range found.Intervals {
		outcomes.Points = append(outcomes.Points, piece.Point{At: each.At.Time,
			Values: []float64{float64(each.Delivered), float64(each.Failed), float64(each.Pending), float64(each.Skipped + each.Settled)}})
		took := []float64{math.NaN(), math.NaN(), math.NaN()}
		if each.Latency != nil {
			took = []float64{float64(each.Latency.P50), float64(each.Latency.P95), float64(each.Latency.Max)}
		}
		latency.Points = append(latency.Points, piece.Point{At: each.At.Time, Values: took})
	}
	if found.Latency == nil {
		latency.Points = nil
	}
	return outcomes, latency
}
