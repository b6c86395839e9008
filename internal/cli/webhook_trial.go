package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/declared"
	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/spec"
	"github.com/latch-run/latch/internal/trial"
)

// trialFlags are the flags of webhook test.
type trialFlags struct {
	event, webhook, variables string
	send, showSecrets         bool
}

func webhookTestCommand(e *env) *cobra.Command {
	var flags trialFlags
	command := &cobra.Command{Use: "test FILE --event EVENT", Short: "Show one delivery of a webhook, byte by byte, and maybe send it", Args: cobra.ExactArgs(1),
		Long: `Render one delivery of a webhook as a worker would, and show its request: line,
headers, signature and body. FILE is a job, release, emission or webhook. The
variables of the run are made up, as plausibly as the file allows; --variables, a
file with a JSON or YAML object of template variables, is laid over them.

Nothing is sent without --send; with it, one attempt is made, and the answer is
shown with what a worker would do next. Secrets and permissions are
those that a worker with the same environment has: LATCH_SECRET_…,
LATCH_SECRETS_DIR, LATCH_SECRETS_HOSTS, LATCH_EGRESS_ALLOW, LATCH_EGRESS_PROXY.
Their values are shown as *** unless --show-secrets is given.

Standard output has the exact bytes, for webhook verify to read, unless it is a
terminal; with --send the answer follows them.

Exit codes: 0 rendered, and delivered with --send; 1 it was not; 2 the file,
the flags or the settings are wrong.`,
		RunE: func(cmd *cobra.Command, args []string) error { return tryWebhook(cmd.Context(), e, args[0], flags) }}
	command.Flags().StringVar(&flags.event, "event", "", "the event that fires, such as JOB_SUCCESS (required)")
	command.Flags().StringVar(&flags.webhook, "webhook", "", "the webhook's id, where several listen to the event")
	command.Flags().StringVar(&flags.variables, "variables", "", "a file with template variables")
	command.Flags().BoolVar(&flags.send, "send", false, "send it")
	command.Flags().BoolVar(&flags.showSecrets, "show-secrets", false, "show the values of secrets")
	return command
}

func tryWebhook(ctx context.Context, e *env, file string, flags trialFlags) error {
	if flags.event == "" {
		return failure.OfUsage(errors.New("--event is required: the event that fires, such as JOB_SUCCESS"))
	}
	if err := latch.CheckEvent(flags.event); err != nil {
		return failure.OfUsage(fmt.Errorf("--event: %w", err))
	}
	input, err := loadTrial(e.out, file, flags.event)
	if err != nil {
		return err
	}
	chosen, err := chooseHook(input, flags)
	if err != nil {
		return failure.OfUsage(fmt.Errorf("%s: %w", file, err))
	}
	warnOfUnknown(e, false)
	surroundings, err := readSurroundings(e)
	if err != nil {
		return failure.OfUsage(err)
	}
	defer surroundings.sender.Close()
	request, err := trialRequest(e.out, chosen, surroundings, flags.variables)
	if err != nil {
		return failure.OfUsage(err)
	}
	prepared, attempt, err := surroundings.sender.Prepare(request, 1)
	if err != nil {
		return failure.New(failure.Failed, "the delivery would fail for good: %v", err)
	}
	wire, err := prepared.Wire(flags.showSecrets)
	if err != nil {
		return err
	}
	t := trialReport{Webhook: chosen.Webhook.ID, Event: flags.event, DeliveryID: request.DeliveryID, Request: attempt.Request, Wire: string(wire), TokenURL: prepared.TokenURL()}
	if !e.out.JSON {
		printTrial(e.out, &t)
	}
	if flags.send {
		attempt, err = prepared.Send(ctx)
		t.conclude(attempt, err, chosen.Webhook.Retry)
		if !e.out.JSON {
			printTrialAnswer(e.out, &t)
		}
	}
	if e.out.JSON {
		e.out.Value(t)
	}
	if err != nil {
		return failure.Silent(failure.ExitFailed)
	}
	return nil
}

// loadTrial reads a file that describes one job, release or emission, or any number of
// registered webhooks.
func loadTrial(out *output.Printer, file, event string) (*trial.File, error) {
	inputs := checkAll(out.In, file, "")
	var problems latch.Problems
	var webhooks []latch.Webhook
	for _, input := range inputs {
		if len(inputs) > 1 && input.kind != spec.Webhook && len(input.problems) == 0 {
			input.add(latch.Problems{{Message: fmt.Sprintf("is a %s; of several documents each is a webhook", input.kind)}})
		}
		problems = append(problems, declared.Labelled(input.file, input.problems)...)
		if input.webhook != nil {
			webhooks = append(webhooks, input.webhook.Webhook)
		}
	}
	if len(problems) > 0 {
		return nil, failure.OfProblems(problems)
	}
	input := inputs[0]
	if input.kind == spec.Rules {
		return nil, failure.OfUsage(fmt.Errorf("%s: it has tests of rules, and no webhooks of its own", file))
	}
	if input.kind == spec.Webhook {
		return trial.Around(webhooks, event), nil
	}
	if input.watch != nil {
		return trial.AroundWatch(&input.watch.Watch, event), nil
	}
	if input.gate != nil { // its webhooks have the variables of a custom event
		return &trial.File{Kind: latch.EmissionKind, Emission: input.gate.Emission()}, nil
	}
	return &trial.File{Kind: input.kind, Job: input.job, Release: input.release, Emission: input.emission}, nil
}

// chooseHook returns the requested hook, which must send something.
func chooseHook(file *trial.File, flags trialFlags) (*trial.Hook, error) {
	found, err := file.Find(flags.event, flags.webhook, "say which by --webhook")
	if err == nil && found.Webhook.Work() != "" {
		return nil, fmt.Errorf("webhook %q sends no request: its hooks are work (%s %s), which a worker does",
			found.Webhook.ID, found.Webhook.Work(), found.Webhook.WorkName())
	}
	if err == nil && !found.Webhook.HasURL() {
		return nil, fmt.Errorf("webhook %q has no url: nothing is sent, only a lock is made", found.Webhook.ID)
	}
	return found, err
}

// readVariables reads the file of --variables.
func readVariables(out *output.Printer, file string) (trial.Variables, error) {
	data, err := spec.Read(file, out.In)
	if err != nil {
		return nil, fmt.Errorf("--variables: %s: cannot be read: %w", file, err)
	}
	read, err := trial.Decode(data)
	if err != nil {
		return nil, fmt.Errorf("--variables: %s: %w", file, err)
	}
	return read, nil
}

// trialRequest returns the delivery to render.
func trialRequest(out *output.Printer, chosen *trial.Hook, from *surroundings, overlay string) (*protocol.WebhookRequest, error) {
	variables := chosen.Variables(from.system)
	if overlay != "" {
		over, err := readVariables(out, overlay)
		if err != nil {
			return nil, err
		}
		variables.Lay(over)
	}
	return chosen.Request(variables, from.lockURL)
}

// A trialReport is the result of webhook test, as --output json prints it.
type trialReport struct {
	Webhook    string               `json:"webhook"`
	Event      string               `json:"event"`
	DeliveryID string               `json:"delivery_id"`
	Request    *latch.RecordRequest `json:"request"`
	// Wire is the request as HTTP/1.1 writes it.
	Wire string `json:"wire"`
	// TokenURL is where an OAuth2 token comes from.
	TokenURL string                `json:"token_url,omitempty"`
	Sent     bool                  `json:"sent"`
	Response *latch.RecordResponse `json:"response,omitempty"`
	Data     latch.Object          `json:"data,omitempty"`
	// Outcome is delivered, retried or failed.
	Outcome string `json:"outcome,omitempty"`
	Error   string `json:"error,omitempty"`
	// Unreadable says why the answer to a delivery cannot be read.
	Unreadable string `json:"unreadable,omitempty"`
	RetryAfter string `json:"retry_after,omitempty"`
	DurationMS int64  `json:"duration_ms,omitempty"`
}

// Outcomes of an attempt.
const (
	outcomeDelivered = "delivered"
	outcomeRetried   = "retried"
	outcomeFailed    = "failed"
)

// conclude adds the answer, and what a worker would do next.
func (t *trialReport) conclude(attempt *delivery.Attempt, err error, retry *latch.Retry) {
	t.Sent, t.Response, t.Data = true, attempt.Response, attempt.Data
	t.DurationMS = attempt.CompletedAt.Sub(attempt.StartedAt).Milliseconds()
	switch {
	case err == nil:
		t.Outcome, t.Unreadable = outcomeDelivered, attempt.Unreadable
		return
	case delivery.Retryable(err) && (retry == nil || retry.MaximumAttempts != 1):
		t.Outcome = outcomeRetried
		delay, asked := delivery.RetryAfter(err)
		if !asked {
			delay = retry.Delay(1)
		}
		t.RetryAfter = delay.String()
	default:
		t.Outcome = outcomeFailed
	}
	t.Error = err.Error()
}

// printTrial prints the request byte by byte. On a terminal it omits control characters.
func printTrial(out *output.Printer, t *trialReport) {
	fmt.Fprintf(out.Err, "%s of webhook %s, delivery %s\n", t.Event, output.Printable(t.Webhook), t.DeliveryID)
	if t.TokenURL != "" {
		fmt.Fprintf(out.Err, "its OAuth2 token comes from %s when it is sent\n", output.Printable(t.TokenURL))
	}
	if out.Terminal {
		out.Printf("%s\n", output.Printable(strings.ReplaceAll(t.Wire, "\r\n", "\n")))
		return
	}
	out.Printf("%s", t.Wire)
}

func printTrialAnswer(out *output.Printer, t *trialReport) {
	if response := t.Response; response != nil {
		out.Printf("\n\nanswered %d after %d ms\n", response.Status, t.DurationMS)
		for _, name := range slices.Sorted(maps.Keys(response.Headers)) {
			out.Printf("%s: %s\n", output.Printable(name), output.Printable(response.Headers[name]))
		}
		if response.Body != "" {
			out.Printf("\n%s\n", output.Printable(response.Body))
		}
	}
	switch {
	case t.Unreadable != "":
		out.Printf("delivered, but where the answer decides, on_error does: %s\n", output.Printable(t.Unreadable))
	case t.Outcome == outcomeDelivered:
		out.Printf("delivered\n")
	case t.Outcome == outcomeRetried:
		out.Printf("would be tried again after %s: %s\n", t.RetryAfter, output.Printable(t.Error))
	default:
		out.Printf("fails for good: %s\n", output.Printable(t.Error))
	}
}
