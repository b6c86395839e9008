package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// scraped is a page of metrics: values by name and labels, as the page shows them.
type scraped map[string]float64

// scrape reads the metrics of Latch's worker.
func (w *world) scrape(ctx context.Context) (scraped, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.metrics, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", w.metrics, response.Status)
	}
	page := scraped{}
	lines := bufio.NewScanner(response.Body)
	for lines.Scan() {
		at := strings.LastIndexByte(lines.Text(), ' ')
		if value, err := strconv.ParseFloat(lines.Text()[at+1:], 64); at > 0 && err == nil && lines.Text()[0] != '#' {
			page[lines.Text()[:at]] = value
		}
	}
	return page, lines.Err()
}

// of is the value of the metric that has all of the labels, or 0 without one.
func (s scraped) of(name string, labels ...string) float64 {
next:
	for key, value := range s {
		if !strings.HasPrefix(key, name+"{") {
			continue
		}
		for _, label := range labels {
			if !strings.Contains(key, label) {
				continue next
			}
		}
		return value
	}
	return 0
}

// releaseTasks returns how many workflow tasks of releases the worker has done.
func (s scraped) releaseTasks() float64 {
	return s.of("temporal_request_total", `operation="RespondWorkflowTaskCompleted"`, `workflow_type="latch.Release"`)
}

// cached returns how many runs the worker has in memory.
func (s scraped) cached() float64 {
	return s.of("temporal_sticky_cache_size", `workflow_type="latch.Release"`)
}
