package cli

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/output"
)

func webhookListCommand(e *env) *cobra.Command {
	return remote(e, &cobra.Command{Use: "list", Short: "List the registered webhooks", Args: cobra.NoArgs,
		Long: `List the registered webhooks, which apply to the runs of the task queue
(--task-queue; with --api, the API's), in the order in which they were made. In
their URLs *** stands for credentials. * marks an event that blocks. ENDPOINT is
for those with a health: works, failing or disabled, since when, and when a disabled
one is tried again.`},
		func(ctx context.Context, open opener, _ []string) error { return listWebhooks(ctx, open, e.out) })
}

// listedWebhooks are the webhooks as --output json prints them.
type listedWebhooks struct {
	Webhooks []latch.RegisteredWebhook `json:"webhooks"`
}

// webhooksTimeout bounds reading the registered webhooks, of which there are few.
const webhooksTimeout = 30 * time.Second

func listWebhooks(ctx context.Context, open opener, out *output.Printer) error {
	ctx, cancel := context.WithTimeout(ctx, webhooksTimeout)
	defer cancel()
	world, err := open(ctx)
	if err != nil {
		return err
	}
	webhooks, err := world.Webhooks(ctx)
	if err != nil {
		return err
	}
	if out.JSON {
		out.Value(listedWebhooks{webhooks})
		return nil
	}
	t := output.NewTable("ID", "EVENTS", "URL", "WHEN", "ENABLED", "ENFORCED", "ENDPOINT", "CHANGED")
	for i := range webhooks {
		t.Add(webhookRow(&webhooks[i])...)
	}
	out.Table(t)
	return nil
}

func webhookRow(webhook *latch.RegisteredWebhook) []output.Cell {
	enabled, enforced := output.Green.In("yes"), output.Dim.In("no")
	if !webhook.IsEnabled() {
		enabled = output.Yellow.In("no")
	}
	if webhook.Enforced {
		enforced = output.Yellow.In("yes")
	}
	return []output.Cell{output.Bold.In(output.OneLine(webhook.ID)), output.Plain(output.OrDash(eventsText(webhook))), output.Plain(output.OrDash(addressText(webhook))),
		output.Plain(output.OrDash(output.OneLine(webhook.When))), enabled, enforced, endpointCell(webhook), output.Plain(utc(webhook.UpdatedAt))}
}

// endpointCell returns what is known of the webhook's endpoint, if its failed attempts are counted.
func endpointCell(webhook *latch.RegisteredWebhook) output.Cell {
	state := webhook.Endpoint
	switch {
	case webhook.Health == nil:
		return output.Plain("-")
	case state == nil:
		return output.Green.In("works")
	case state.Disabled():
		return output.Red.In("disabled since " + utc(state.DisabledAt) + ", tried at " + utc(state.ProbeAt))
	default:
		return output.Yellow.In(output.OneLine(state.State) + " since " + utc(state.Since))
	}
}

// eventsText returns the events that the webhook listens to.
func eventsText(webhook *latch.RegisteredWebhook) string {
	var names []string
	for _, settings := range webhook.EventSettings() {
		switch {
		case !settings.IsEnabled():
		case settings.Blocking:
			names = append(names, settings.Event+"*")
		default:
			names = append(names, settings.Event)
		}
	}
	return output.OneLine(strings.Join(names, ", "))
}

// addressText returns the URL, the name of the secret that has it, or the work.
func addressText(webhook *latch.RegisteredWebhook) string {
	if webhook.URLSecret != "" {
		return "secret " + output.OneLine(webhook.URLSecret)
	}
	if kind := webhook.Work(); kind != "" {
		return kind + " " + output.OneLine(webhook.WorkName())
	}
	return output.OneLine(webhook.URL)
}
