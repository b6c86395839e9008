package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/dryrun"
)

const (
	// dryRunPatience bounds how long a dry run takes.
	dryRunPatience = 20 * time.Second
	// maximumDryRuns bounds how many take place at once; others wait.
	maximumDryRuns = 2
)

func (a *API) registerReleaseDryRun() {
	Register[DryRun](a, Operation{ID: "dry-run-release", Method: http.MethodPost, Act: NotAct,
		Path: releasesPath + "/dry-run", Role: RoleRun, Required: true, Large: true, Load: LoadWait,
		Summary: "Show all that a release would do, for given answers, and send nothing",
		About: "The release runs without a worker and without the world: the answer lists, in order, the requests it would send, the locks that open and close, " +
			"what steps and undos do and which rule decides. Time is skipped, and no secret is needed: each is ***. " +
			"What no answer mentions goes well, and is marked as assumed: webhooks are answered with 200 and {}, http tasks with 200 and no body, locks are removed after a minute, other tasks return nothing. " +
			"Nobody chooses what happens to a failed step with on_failure: pause unless answers.steps say so. " +
			"Registered webhooks and freezes apply; the answer's freezes are those that hold the release, each with when it ends."}, a.dryRunRelease)
}

// A DryRun is a release with what happens around it.
type DryRun struct {
	Release latch.Release   `json:"release"`
	Answers *dryrun.Answers `json:"answers,omitempty" doc:"What receivers, people and tasks answer"`
}

type dryRunInput struct{ RawBody []byte }

// A DryRunReport is what happened in a dry run.
type DryRunReport dryrun.Report

type dryRunOutput struct{ Body DryRunReport }

func (a *API) dryRunRelease(ctx context.Context, input *dryRunInput) (*dryRunOutput, error) {
	if err := NeedJSON(input.RawBody); err != nil {
		return nil, err
	}
	var asked struct {
		Release json.RawMessage `json:"release"`
		Answers json.RawMessage `json:"answers"`
	}
	problems := latch.DecodeStrict(input.RawBody, &asked)
	if len(asked.Release) == 0 {
		problems.Addf("release", "required: the release that would run")
	}
	if err := problems.Err(); err != nil {
		return nil, Decoded(err)
	}
	answers := &dryrun.Answers{}
	if len(asked.Answers) > 0 {
		var err error
		if answers, err = dryrun.DecodeAnswers(asked.Answers); err != nil {
			return nil, under("answers", Decoded(err))
		}
	}
	report, err := a.dryRun(ctx, asked.Release, answers)
	if err != nil {
		return nil, under("release", err)
	}
	return &dryRunOutput{DryRunReport(*report)}, nil
}

// under has the problems of a part of the body name that part.
func under(key string, err error) error {
	var problem *Problem
	if errors.As(err, &problem) {
		for _, detail := range problem.Errors {
			if path, inBody := strings.CutPrefix(detail.Location, "body"); inBody {
				detail.Location = "body." + key + path
			}
		}
	}
	return err
}

// dryRun runs a release without the world.
func (a *API) dryRun(ctx context.Context, body []byte, answers *dryrun.Answers) (*dryrun.Report, error) {
	release, err := a.admitRelease(ctx, body)
	if err != nil {
		return nil, err
	}
	options := dryrun.Options{FQDN: a.System().FQDN, Environment: a.System().Environment, Patience: dryRunPatience}
	if options.Webhooks, err = a.webhooks.List(ctx); err != nil {
		return nil, err
	}
	if options.Freezes, err = a.freezes.List(ctx); err != nil {
		return nil, err
	}
	select {
	case a.dryRuns <- struct{}{}:
		defer func() { <-a.dryRuns }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	return dryrun.Run(ctx, dryrun.Input{Kind: latch.ReleaseKind, ID: release.ID, Data: body, Spec: release}, answers, options)
}

// startReleaseInput is what starts a release, or only asks what it would do.
type startReleaseInput struct {
	StartInput
	Plan bool `query:"plan" doc:"Start nothing, and answer 200 with what would happen if all went well, as POST /latch/v1/releases/dry-run does"`
}

// load is that of a call, unless there is to be a dry run.
func (i *startReleaseInput) load() Load {
	if i.Plan {
		return LoadWait
	}
	return LoadCall
}

type startReleaseOutput struct {
	Status   int
	Location string `header:"Location"`
	Body     startedOrPlanned
}

// startedOrPlanned is the release that was started, or the report of the dry run.
type startedOrPlanned struct {
	started *Started
	report  *dryrun.Report
}

// MarshalJSON writes the one that there is.
func (s startedOrPlanned) MarshalJSON() ([]byte, error) {
	if s.report != nil {
		return json.Marshal(s.report)
	}
	return json.Marshal(s.started)
}

// Schema describes either.
func (startedOrPlanned) Schema(registry huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{
		registry.Schema(reflect.TypeFor[Started](), true, ""), registry.Schema(reflect.TypeFor[DryRunReport](), true, "")}}
}
