package cli

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/cli/failure"
	"github.com/latch-run/latch/internal/cli/output"
	"github.com/latch-run/latch/internal/dryrun"
	"github.com/latch-run/latch/internal/spec"
)

// planPatience bounds the time to make a plan.
const planPatience = time.Minute

// A planner shows what a release would do.
type planner struct {
	*env
	answers           string
	offline, requests bool
}

func releasePlanCommand(e *env) *cobra.Command {
	p := &planner{env: e}
	command := remote(e, &cobra.Command{Use: "plan FILE", Short: "Show what a release would do, and send nothing", Args: cobra.ExactArgs(1),
		Long: `Run the release that FILE describes without a worker and without the world, and
show what would happen, in order: which requests are sent, which locks open, what
each step and each undo does, and which rule decides. Time is skipped, no command
runs, and no secret is needed: each stands as ***.

--answers names a file, YAML or JSON, with what receivers, people and tasks answer:

  webhooks:
    - webhook: tests                     # a webhook's id, or * for any
      event: BEFORE_RELEASE_COMPLETE     # of any event unless given; step too
      answers: [{status: 503}, {body: {failed: 2}}]
    - webhook: board
      locks: [{after: 2h, by: ann, reason: fine, data: {}}, {never: true}]
    - webhook: sre                       # with approvals: without by, all who have to vote
      locks: [{vote: approve, data: {ticket: OPS-1}}, {by: ann, groups: [sre], vote: reject}]
  tasks:
    - url: https://deploy.example.com/v7 # of an http task, templates filled in
      answers: [{timeout: true}, {status: 200}]
    - type: Migrate                      # of an activity or a workflow
      results: [{result: {rows: 7}}]
    - command: kubectl                   # of a command, its program
      results: [{error: no such deployment}]
  steps:
    - step: deploy                       # a failed step that waits (on_failure: pause), or *
      choices: [{choice: retry, after: 10m}, {choice: skip, by: ann, reason: by hand}]

Answers are given in turn, and the last one to all that comes after it. What no
answer mentions goes well, and is marked as assumed: webhooks are answered with 200
and {}, http tasks with 200 and no body, locks are removed after a minute, and other
tasks return nothing. Of a step's choices (retry, skip, stop or rollback) each is made
once, a minute after the step has failed unless it says when; then nobody chooses.

Registered webhooks and freezes apply as they are registered: a freeze that is in force
now holds the release until it ends, unless an answer for its webhook, such as
freeze:xmas, has somebody override it. With --offline, without a server, none does.
The exit code is 0 however the release would end.`},
		func(ctx context.Context, open opener, args []string) error { return p.run(ctx, open, args[0]) })
	command.Flags().StringVar(&p.answers, "answers", "", "a file with what receivers, people and tasks answer; - is standard input")
	command.Flags().BoolVar(&p.offline, "offline", false, "ask no server for registered webhooks and freezes")
	command.Flags().BoolVar(&p.requests, "requests", false, "show each request with its headers and body")
	return command
}

func (p *planner) run(ctx context.Context, open opener, file string) error {
	input, err := load(p.out.In, file, spec.Release)
	if err != nil {
		return err
	}
	for _, warning := range input.warnings {
		p.out.Warnf("%s: %s", file, warning)
	}
	answers, err := p.readAnswers()
	if err != nil {
		return err
	}
	options := dryrun.Options{Patience: planPatience}
	if !p.offline {
		world, err := open(ctx)
		if err != nil {
			return err
		}
		if options.Webhooks, err = world.Webhooks(ctx); err != nil {
			return err
		}
		if options.Freezes, err = world.Freezes(ctx); err != nil {
			return err
		}
	}
	report, err := dryrun.Run(ctx, dryrun.Input{Kind: latch.ReleaseKind, ID: input.id, Data: input.data, Spec: input.release}, answers, options)
	if err != nil {
		return failure.New("", "%s: %v", file, err)
	}
	if p.out.JSON {
		p.out.Value(report)
		return nil
	}
	p.print(report)
	return nil
}

// readAnswers reads the file of answers. Without a file there are no answers.
func (p *planner) readAnswers() (*dryrun.Answers, error) {
	if p.answers == "" {
		return &dryrun.Answers{}, nil
	}
	opened, err := spec.Open(p.answers, p.out.In, false)
	if err != nil {
		return nil, failure.OfFile(p.answers, unreadable(err))
	}
	data, err := opened.JSON()
	if err != nil {
		return nil, failure.OfFile(p.answers, unreadable(err))
	}
	answers, err := dryrun.DecodeAnswers(data)
	return answers, located(p.answers, source{file: opened}, err)
}

func (p *planner) print(report *dryrun.Report) {
	table := output.NewTable("AFTER", "WHAT", "EVENT", "WEBHOOK", "DETAIL", "OUTCOME")
	for i := range report.Events {
		table.Add(planRow(&report.Events[i])...)
	}
	p.out.Table(table)
	if p.requests {
		p.printRequests(report.Events)
	}
	p.out.Printf("\n%s would end as %s%s\n", report.WorkflowID, report.Status, output.Colon(output.OneLine(report.Error)))
	if by := report.DecidedBy; by != nil {
		p.out.Printf("  decided by: %s\n", decidedBy(by))
	}
	for i := range report.Freezes {
		p.out.Printf("  %s\n", output.Printable(report.Freezes[i].Words()))
	}
	for _, step := range report.Steps {
		p.out.Printf("  step %s: %s%s\n", output.Printable(step.Name), step.Status, output.Colon(output.OneLine(step.Error)))
	}
	for _, unused := range report.Unused {
		p.out.Warnf("%s: %s: nothing asked for it", p.answers, unused)
	}
}

// planRow returns one row of the plan's table.
func planRow(e *dryrun.Happening) []output.Cell {
	what, detail, outcome := e.Words()
	at := ""
	if e.Event != "" {
		at = eventOf(e.Event, e.Step)
	}
	return []output.Cell{output.Dim.In(e.After.String()), output.Plain(output.Printable(what)), output.Plain(output.OrDash(at)),
		output.Plain(output.OrDash(output.Printable(e.Webhook))), output.Plain(output.OrDash(output.OneLine(detail))),
		planColour(e).In(output.OrDash(output.OneLine(outcome)))}
}

func planColour(e *dryrun.Happening) output.Colour {
	switch {
	case e.Kind == dryrun.Decided:
		return decisionColour(e.Decision)
	case e.Assumed:
		return output.Dim
	default:
		return output.None
	}
}

// printRequests prints each request as it would be sent.
func (p *planner) printRequests(events []dryrun.Happening) {
	for _, e := range events {
		if e.Request == nil {
			continue
		}
		p.out.Printf("\n%s %s\n", e.Request.Method, e.Request.URL)
		for _, name := range slices.Sorted(maps.Keys(e.Request.Header)) {
			p.out.Printf("%s: %s\n", name, strings.Join(e.Request.Header[name], ", "))
		}
		if e.Request.Body != "" {
			p.out.Printf("\n%s\n", e.Request.Body)
		}
	}
}
