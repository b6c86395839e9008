package cli

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"

	"github.com/latch-run/latch/internal/cli/backend"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/completion"
	"github.com/latch-run/latch/internal/runs"
)

// examineCallbacks reports whether Temporal takes the completion callbacks of an API with this
// environment. An address that is wrong is reported with the settings of the API.
func examineCallbacks(ctx context.Context, world backend.Backend, server backend.Server, e *env, d *diagnosis) {
	const check, variable = "completion callbacks", "LATCH_COMPLETION_CALLBACK_URL"
	address := e.environ.get(variable)
	if address == "" || completion.CheckAddress(address) != nil {
		return
	}
	watches, err := world.Watches(ctx)
	if err != nil {
		d.add(check, findingNote, "watches cannot be listed: "+failure.Plainly(err), "")
		return
	}
	if len(watches) == 0 {
		d.add(check, findingNote, "no watch is registered, so none learns of a close by them", "starter watches apply, or leave out "+variable)
		return
	}
	probe := completion.New(address, server.Namespace(), nil, slog.New(slog.DiscardHandler)).Probe(watches[0].ID)
	switch err := server.TakesCallback(ctx, watches[0], probe); {
	case err == nil:
		d.add(check, findingOK, "the server takes them, to "+address, "")
	case runs.IsNotFound(err):
		d.add(check, findingNote, fmt.Sprintf("it cannot be seen whether the server takes them: the workflow of watch %q is not there",
			watches[0].ID), "register the watch again")
	case runs.IsUnanswered(err):
		d.add(check, findingNote, "it cannot be seen whether the server takes them: "+failure.Plainly(err), "")
	default:
		d.add(check, findingWrong, "the server refuses them, so runs are started without: "+failure.Plainly(err), allowFix(address))
	}
}

// allowFix is what allows the address in the server's dynamic configuration.
func allowFix(address string) string {
	parsed, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("add {Pattern: %q, AllowInsecure: %t} to callback.allowedAddresses (component.callbacks.allowedAddresses before 1.32) "+
		"in the server's dynamic configuration", parsed.Host, parsed.Scheme == "http")
}
