package cli

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/protocol"
)

// fairnessFix has the server keep rates, and keep them apart. enableFairness implies
// matching.useNewMatcher.
const fairnessFix = "set matching.enableFairness to true in the server's dynamic configuration"

// examineRates reports whether the rates of webhooks are kept across workers. What is wrong
// counts only if a registered webhook has a rate.
func examineRates(ctx context.Context, world backend.Backend, server backend.Server, queue string, d *diagnosis) {
	const check = "rates"
	status := findingNote
	if hasRates(ctx, world) {
		status = findingWrong
	}
	rates, err := server.Rates(ctx, queue)
	switch {
	case err != nil:
		d.add(check, findingNote, "it cannot be seen whether the server limits rates: "+failure.Plainly(err), "")
		return
	case rates.Limit == 0:
		d.add(check, status, fmt.Sprintf("the server does not limit the rates of task queue %q: "+
			"webhooks with a rate are sent at each worker's own pace", rates.Queue),
			"start a worker on a server of 1.29 or later, as one who may call UpdateTaskQueueConfig")
		return
	case rates.Limit != protocol.RateUnit:
		d.add(check, findingWrong, fmt.Sprintf("the limit of each key of task queue %q is %g a second, so that webhooks are sent at %g times "+
			"their rate",
			rates.Queue, rates.Limit, rates.Limit/protocol.RateUnit), "restart a worker, which sets it right, and change it no more")
		return
	case !rates.Polled:
		d.add(check, status, fmt.Sprintf("no worker polls the task queue %q: what webhooks with a rate are to send waits", rates.Queue),
			"start one; a worker of one's own calls the plugin's ServeRates")
		return
	}
	d.add(check, findingOK, fmt.Sprintf("the server limits rates, in task queue %q", rates.Queue), "")
	examineMatching(ctx, server, d, status)
}

// hasRates reports whether a registered webhook has a rate. What cannot be listed was reported
// with the registry.
func hasRates(ctx context.Context, world backend.Backend) bool {
	webhooks, err := world.Webhooks(ctx)
	return err == nil && slices.ContainsFunc(webhooks, func(w latch.RegisteredWebhook) bool { return w.Rate != "" })
}

// examineMatching reports what rates need of the server's dynamic configuration, which a client
// cannot read, by the version's defaults.
func examineMatching(ctx context.Context, server backend.Server, d *diagnosis, status string) {
	const check = "dynamic configuration"
	version, err := server.Version(ctx)
	if err == nil && before(version, 1, 31) {
		d.add(check, status, fmt.Sprintf("a client cannot read it, and in server %s matching.useNewMatcher is off unless it is set: "+
			"rates are then not kept", version), fairnessFix)
		return
	}
	d.add(check, findingNote, "a client cannot read it: rates need matching.useNewMatcher, which is on unless it was turned off; "+
		"with matching.enableFairness, which is off unless it was turned on, a long backlog of one endpoint holds up no other", fairnessFix)
}

// before reports whether a version is older than major.minor. One that cannot be read is not.
func before(version string, major, minor int) bool {
	first, rest, _ := strings.Cut(version, ".")
	second, _, _ := strings.Cut(rest, ".")
	x, err := strconv.Atoi(first)
	y, err2 := strconv.Atoi(second)
	return err == nil && err2 == nil && (x < major || x == major && y < minor)
}
