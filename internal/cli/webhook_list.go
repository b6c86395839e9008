package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/registry"
)

func (a *app) webhookListCommand() *cobra.Command {
	return takesAPI(&cobra.Command{Use: "list", Short: "List the registered webhooks", Args: cobra.NoArgs,
		Long: `List the webhooks that stand by themselves and apply to the runs of the task
queue (--task-queue; with --api, the API's), in the order of their making. In
their URLs *** stands for credentials. * marks an event that blocks.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.listWebhooks(cmd.Context()) }})
}

// listedWebhooks are what --output json prints.
type listedWebhooks struct {
	Webhooks []latch.RegisteredWebhook `json:"webhooks"`
}

func (a *app) listWebhooks(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	list, err := a.registeredWebhooks(ctx)
	if err != nil {
		return err
	}
	if a.json() {
		a.printJSON(list)
		return nil
	}
	t := &table{header: []string{"ID", "EVENTS", "URL", "WHEN", "ENABLED", "ENFORCED", "CHANGED"}}
	for i := range list.Webhooks {
		t.rows = append(t.rows, webhookRow(&list.Webhooks[i]))
	}
	t.write(a.out, a.terminal, a.colour())
	return nil
}

// registeredWebhooks lists the webhooks without credentials.
func (a *app) registeredWebhooks(ctx context.Context) (*listedWebhooks, error) {
	list := &listedWebhooks{Webhooks: []latch.RegisteredWebhook{}}
	if a.api != nil {
		if err := a.api.Webhooks(ctx, list); err != nil {
			return nil, a.apiFailure(err, kindFailed)
		}
		return list, nil
	}
	temporal, err := a.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer temporal.Close()
	registered, err := a.registry(temporal).Webhooks().List(ctx)
	if err != nil {
		return nil, err
	}
	for _, webhook := range registered {
		list.Webhooks = append(list.Webhooks, registry.Shown(webhook))
	}
	return list, nil
}

func webhookRow(webhook *latch.RegisteredWebhook) []cell {
	enabled, enforced := cell{"yes", green}, cell{"no", dim}
	if !webhook.IsEnabled() {
		enabled = cell{"no", yellow}
	}
	if webhook.Enforced {
		enforced = cell{"yes", yellow}
	}
	return []cell{{oneLine(webhook.ID), bold}, {orDash(eventsText(webhook)), plain}, {orDash(addressText(webhook)), plain},
		{orDash(oneLine(webhook.When)), plain}, enabled, enforced, {utc(webhook.UpdatedAt), plain}}
}

// eventsText lists the events that the webhook listens to.
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
	return oneLine(strings.Join(names, ", "))
}

// addressText is the URL, or the name of the secret that has it.
func addressText(webhook *latch.RegisteredWebhook) string {
	if webhook.URLSecret != "" {
		return "secret " + oneLine(webhook.URLSecret)
	}
	return oneLine(webhook.URL)
}
