package console

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/rawjson"
)

// A hookPlace says where a webhook is kept: in a job, or by itself.
type hookPlace struct {
	*visit
	// job is the job's id; "" for a registered webhook.
	job string
	// id is the webhook's id (its number, if a job's); "" for a new one.
	id string
}

// hookPlace returns the place named by the page's path.
func (v *visit) hookPlace() hookPlace { return hookPlace{v, v.path("id"), v.path("webhook")} }

func (p hookPlace) ofJob() bool { return p.job != "" }

// parent returns the address of the page that links to the webhook.
func (p hookPlace) parent() string {
	if p.ofJob() {
		return p.link(rootPath + "jobs/" + segment(p.job))
	}
	return p.link(webhooksPath)
}

// load reads the webhook and its ETag.
func (p hookPlace) load() (latch.Object, string, error) {
	var webhook latch.Object
	if !p.ofJob() {
		etag, err := p.api.Webhook(p.request.Context(), p.id, &webhook)
		return webhook, etag, err
	}
	etag, err := p.api.JobWebhook(p.request.Context(), p.id, &webhook)
	if err != nil {
		return nil, "", err
	}
	var job apiclient.ID
	if json.Unmarshal(webhook["job_id"], &job) != nil || string(job) != p.job {
		return nil, "", &apiclient.Problem{Status: http.StatusNotFound, Detail: "The job has no such webhook."}
	}
	return webhook, etag, nil
}

// save creates the webhook, or changes it if it still has the ETag.
func (p hookPlace) save(webhook latch.Object, etag string) error {
	var made latch.Object
	switch ctx := p.request.Context(); {
	case p.ofJob() && p.id == "":
		return p.api.AddJobWebhook(ctx, p.job, webhook, &made)
	case p.ofJob():
		return p.api.PutJobWebhook(ctx, p.id, etag, webhook, &made)
	case p.id == "":
		return p.api.CreateWebhook(ctx, webhook, &made)
	default:
		return p.api.PutWebhook(ctx, p.id, etag, webhook, &made)
	}
}

// tried returns the body of a request to preview or test a webhook in this
// place.
func (p hookPlace) tried(webhook latch.Object) latch.Object {
	tried := latch.Object{"webhook": rawjson.Encode(webhook)}
	if p.ofJob() && p.id != "" {
		tried["id"] = json.RawMessage(p.id) // a number, otherwise there is no such page
	} else if !p.ofJob() && p.id != "" && isNothing(webhook["id"]) {
		webhook = maps.Clone(webhook)
		webhook["id"] = rawjson.Encode(p.id)
		tried["webhook"] = rawjson.Encode(webhook)
	}
	return tried
}

// preview asks the API what the webhook would send and what is wrong with it.
func (p hookPlace) preview(webhook latch.Object) (*api.WebhookPreview, error) {
	var preview api.WebhookPreview
	if p.ofJob() {
		return &preview, p.api.PreviewJobWebhook(p.request.Context(), p.job, p.tried(webhook), &preview)
	}
	return &preview, p.api.PreviewWebhook(p.request.Context(), p.tried(webhook), &preview)
}

// remove deletes the webhook if it still has the ETag.
func (p hookPlace) remove(etag string) error {
	if p.ofJob() {
		return p.api.DeleteJobWebhook(p.request.Context(), p.id, etag)
	}
	return p.api.DeleteWebhook(p.request.Context(), p.id, etag)
}

// title returns the title of the page.
func (p hookPlace) title() string {
	switch {
	case p.id == "" && p.ofJob():
		return "New webhook of job " + p.job
	case p.id == "":
		return "New webhook"
	case p.ofJob():
		return "Webhook of job " + p.job
	default:
		return "Webhook " + strings.TrimSpace(p.id)
	}
}
