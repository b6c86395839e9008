package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/admission"
	"github.com/latch-run/latch/internal/delivery"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/locklink"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/trial"
	"github.com/latch-run/latch/internal/vars"
)

// Bounds of a preview: the number of events, and for each event the bytes shown
// of the body and of the variables.
const (
	maximumPreviews    = 20
	maximumShownBody   = 64 << 10
	maximumShownValues = 64 << 10
)

func (a *API) registerHookPreview() {
	Register[TriedWebhook](a, Operation{ID: "preview-webhook", Method: http.MethodPost, Act: NotAct,
		Path: webhooksPath + "/preview", Role: RoleAdmin, Required: true, Large: true,
		Summary: "Show what a registered webhook would send, and what is wrong with it",
		About:   "Nothing is kept and nothing is sent. The run is made up. Secrets are shown by their names alone."}, a.previewRegistered)
}

// A TriedWebhook is a webhook to try before it is stored.
type TriedWebhook struct {
	Webhook latch.Object `json:"webhook" doc:"The webhook as it would be put"`
}

// A WebhookPreview shows what a webhook would send, and its problems.
type WebhookPreview struct {
	Errors   []Warning      `json:"errors" doc:"All for which it would be refused"`
	Warnings []Warning      `json:"warnings" doc:"What is probably a mistake"`
	Run      PreviewRun     `json:"run" doc:"The run whose values the variables have"`
	Events   []EventPreview `json:"events" doc:"One for each of its events, at most 20"`
}

// A PreviewRun is the run for which a preview is rendered.
type PreviewRun struct {
	MadeUp     bool       `json:"made_up" doc:"Whether there is no such run"`
	WorkflowID string     `json:"workflow_id,omitempty"`
	RunID      string     `json:"run_id,omitempty"`
	Status     string     `json:"status,omitempty" enum:"running,succeeded,failed,cancelled,timed_out"`
	StartedAt  latch.Time `json:"started_at,omitzero"`
}

// An EventPreview shows what a webhook would send at one event.
type EventPreview struct {
	Event   string          `json:"event"`
	Request *PreviewRequest `json:"request,omitempty" doc:"Absent where nothing would be sent"`
	Errors  []Warning       `json:"errors" doc:"Why a worker could not make the request"`
	// Variables are sorted by name.
	Variables latch.Object `json:"variables" doc:"What templates see, by name"`
	LeftOut   []string     `json:"left_out,omitempty" doc:"Variables that are too large to be shown"`
}

// A PreviewRequest is a request that is shown but not sent.
type PreviewRequest struct {
	Method  string            `json:"method"`
	URL     string            `json:"url" doc:"Without credentials"`
	Headers map[string]string `json:"headers" doc:"In the place of a secret stands its name, in brackets"`
	Body    string            `json:"body" doc:"At most 64 KiB of it"`
	Cut     bool              `json:"cut,omitempty" doc:"Whether the body is longer"`
}

type triedInput struct{ RawBody []byte }

type previewOutput struct{ Body WebhookPreview }

func (a *API) previewRegistered(_ context.Context, input *triedInput) (*previewOutput, error) {
	var tried TriedWebhook
	if err := DecodeTried(input.RawBody, &tried); err != nil {
		return nil, err
	}
	webhook, problems, err := readRegistered(tried.Webhook)
	if err != nil {
		return nil, err
	}
	preview := a.Preview(&webhook.Webhook, problems, func(event string) *trial.File { return trial.Around([]latch.Webhook{webhook.Webhook}, event) })
	preview.Run.MadeUp = true
	if len(problems) == 0 {
		preview.Warnings = WarningsOf(admission.RegisteredWebhookWarnings(webhook))
	}
	return &previewOutput{preview}, nil
}

// DecodeTried decodes the body of a preview or a test strictly.
func DecodeTried(body []byte, into any) error {
	if err := NeedJSON(body); err != nil {
		return err
	}
	return Decoded(strictly(body, into))
}

// readRegistered decodes the valid part of a webhook, and returns its problems.
func readRegistered(object latch.Object) (*latch.RegisteredWebhook, latch.Problems, error) {
	webhook, err := admission.DecodeRegisteredWebhook(rawjson.Encode(object))
	var problems latch.Problems
	switch {
	case err == nil:
		return webhook, nil, nil
	case !errors.As(err, &problems):
		return nil, nil, Decoded(err)
	}
	webhook = &latch.RegisteredWebhook{}
	_ = json.Unmarshal(rawjson.Encode(trial.Readable(object, problems)), webhook) // invalid keys are among the problems
	return webhook, problems, nil
}

// Preview shows what a webhook would send at each of its events, in the runs
// that around returns. problems are the problems with its shape.
func (a *API) Preview(webhook *latch.Webhook, problems latch.Problems, around func(event string) *trial.File) WebhookPreview {
	shown := WebhookPreview{Errors: WarningsOf(problems), Warnings: []Warning{}, Events: []EventPreview{}}
	for _, each := range trial.PreviewOf(webhook, maximumPreviews, around, a.System(), a.lockURL) {
		event := EventPreview{Event: each.Event, Errors: WarningsOf(beside(each.Problems, problems)),
			Request: showRequest(each.Request, webhook.HasTarget())}
		event.Variables, event.LeftOut = showVariables(each.Variables)
		if event.Request != nil && hidesBody(problems, each.BodyPath) {
			event.Request.Body = ""
		}
		shown.Events = append(shown.Events, event)
	}
	return shown
}

// beside returns the problems at other paths than the known ones.
func beside(problems, known latch.Problems) latch.Problems {
	var others latch.Problems
	for _, each := range problems {
		if !slices.ContainsFunc(known, func(other latch.Problem) bool { return other.Path == each.Path }) {
			others = append(others, each)
		}
	}
	return others
}

// hidesBody reports whether the rendered body is not the intended one, because
// that cannot be read.
func hidesBody(problems latch.Problems, path string) bool {
	return slices.ContainsFunc(problems, func(each latch.Problem) bool { return each.Path == path || strings.HasPrefix(each.Path, path+".") })
}

func showRequest(rendered *delivery.Preview, sent bool) *PreviewRequest {
	if rendered == nil || !sent && len(rendered.Body) == 0 {
		return nil
	}
	shown := &PreviewRequest{Method: rendered.Method, URL: rendered.URL, Headers: map[string]string{}, Body: string(rendered.Body)}
	if len(shown.Body) > maximumShownBody {
		shown.Body, shown.Cut = excerpt.First(shown.Body, maximumShownBody), true
	}
	for name, values := range rendered.Header {
		shown.Headers[name] = strings.Join(values, ", ")
	}
	return shown
}

// showVariables returns the variables as JSON, and the names of those for which
// there was no room.
func showVariables(variables trial.Variables) (shown latch.Object, leftOut []string) {
	shown = latch.Object{}
	room := maximumShownValues
	for _, name := range vars.Names() {
		value, has := variables[name]
		if !has {
			continue
		}
		encoded := rawjson.Encode(value)
		if room -= len(encoded); room < 0 {
			leftOut, room = append(leftOut, name), room+len(encoded)
			continue
		}
		shown[name] = encoded
	}
	return shown, leftOut
}

// System returns the system variables of templates, as far as the API knows
// them.
func (a *API) System() vars.System { return a.system }

// lockURL returns the address of a lock's page, or "" if the API has no public
// address.
func (a *API) lockURL(lock string) string {
	if a.publicURL == "" {
		return ""
	}
	return locklink.URL(a.publicURL, lock, nil)
}
