package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/latch-run/latch"
)

// A Report is the result of the benchmark, printed as JSON.
type Report struct {
	Latch    string    `json:"latch"`
	Commit   string    `json:"commit,omitempty"`
	Machine  Machine   `json:"machine"`
	Began    time.Time `json:"began"`
	Seconds  float64   `json:"seconds"`
	Rounds   int       `json:"rounds"`
	Turn     float64   `json:"turn_seconds"`
	Rows     []Result  `json:"rows"`
	Versions Versions  `json:"versions"`
}

// A Result is the result for one metric of a row on one store.
type Result struct {
	Row    string   `json:"row"`
	Title  string   `json:"title"`
	Metric string   `json:"metric,omitempty"`
	Unit   string   `json:"unit"`
	Store  string   `json:"store"`
	Sides  []Figure `json:"sides"`
	Goal   *verdict `json:"goal,omitempty"`
}

// A Figure is the result of one side.
type Figure struct {
	Side string `json:"side"`
	Spread
}

func newReport(ctx context.Context, root string, o options) *Report {
	return &Report{Latch: latch.Version, Commit: commitOf(ctx, root), Machine: thisMachine(), Versions: versions(),
		Began: time.Now().UTC().Truncate(time.Second), Rounds: o.rounds, Turn: o.length.Seconds()}
}

func (r *Report) finish() { r.Seconds = time.Since(r.Began).Round(time.Second).Seconds() }

// resultsOf returns the results of a row, one for each metric.
func resultsOf(store string, r row, figures []map[string][]float64) []Result {
	results := make([]Result, len(r.metrics))
	for m, metric := range r.metrics {
		result := Result{Row: r.name, Title: r.title, Metric: metric.name, Unit: metric.unit, Store: store}
		for _, s := range r.sides {
			result.Sides = append(result.Sides, Figure{s.name, spreadOf(figures[m][s.name])})
		}
		if metric.goal != nil {
			judged := metric.goal.judge(figures[m])
			result.Goal = &judged
		}
		results[m] = result
	}
	return results
}

// write writes the report as the options say.
func (r *Report) write(o options) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	text = append(text, '\n')
	var problems []error
	if o.jsonFile != "" {
		problems = append(problems, os.WriteFile(o.jsonFile, text, 0o644))
	}
	if o.docFile != "" && o.all {
		problems = append(problems, r.writeSection(o.docFile))
	}
	if o.output == "json" {
		_, err = os.Stdout.Write(text)
	} else {
		_, err = fmt.Print(r.table())
	}
	return errors.Join(append(problems, err)...)
}
