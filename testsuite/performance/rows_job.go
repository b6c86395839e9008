package main

import (
	"context"

	"go.temporal.io/sdk/client"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/testsuite/performance/byhand"
)

// jobRequests is the number of requests of a job: its task and three webhooks.
const jobRequests = 4

// jobRows measure a job of one HTTP task and three webhooks.
func jobRows() []row {
	sides := func(measure func(starts, int) measurement) []side {
		return []side{
			{regular, measure(jobByHand(byhand.JobRegular), jobRequests)},
			{local, measure(jobByHand(byhand.JobLocal), jobRequests)},
			{ours, measure(jobByLatch, jobRequests)},
		}
	}
	return []row{
		{name: "job", title: "job: one HTTP task, three webhooks, 50 at a time",
			metrics: []metric{{unit: "runs/s", goal: ratio{of: regular, atLeast: 1.5}}}, sides: sides(runsPerSecond)},
		{name: "job-alone", title: "one such run alone",
			metrics: []metric{{unit: "ms", goal: ratio{of: regular, atMostIt: 1}}}, sides: sides(timeOfRun)},
	}
}

func jobByHand(workflow string) starts {
	return func(ctx context.Context, w *world, url string) (client.WorkflowRun, error) {
		return w.byHand(ctx, workflow, byhand.JobInput{
			Task: url + "/task", Start: url + "/start", Success: url + "/success", Done: url + "/done",
		})
	}
}

func jobByLatch(ctx context.Context, w *world, url string) (client.WorkflowRun, error) {
	id := w.id("job")
	return w.latch(ctx, latch.WorkflowJobRun, id, spec{
		"id": id, "task": spec{"http": spec{"url": url + "/task"}}, "webhooks": []spec{
			webhook("start", url+"/start", latch.EventJobStart),
			webhook("success", url+"/success", latch.EventJobSuccess),
			webhook("done", url+"/done", latch.EventJobComplete),
		},
	})
}
