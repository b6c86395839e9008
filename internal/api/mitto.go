package api

import (
	"context"
	"net/http"
	"strings"

	"github.com/latch-run/latch/internal/mitto"
)

// A Mitto route stands under /v2 and /api/v2, the older ones under / and /api.
func v2(path string) []string { return []string{"/v2" + path, "/api/v2" + path} }
func v1(path string) []string { return []string{path, "/api" + path} }

const (
	jobPath     = "/jobs/{id}"
	webhookPath = "/webhooks/{webhook}"
)

// registerMitto makes the routes that a client written for Mitto calls
// (contract, "HTTP API").
func (a *api) registerMitto() {
	a.registerMittoJobs()
	a.registerMittoWebhooks()
	a.registerMittoAbout()
}

func (a *api) registerMittoJobs() {
	notFound := []int{http.StatusNotFound}
	mittoRoute[noBody](a, v2("/jobs"), operation{id: "list-jobs", method: http.MethodGet, role: RoleRead,
		summary: "List registered jobs", about: "All of them, or a part; without conf. Where more than 200 are told of at once, a status has no kvp, and an error is the word for it alone."}, a.listJobs)
	mittoRoute[MittoJob](a, v2("/jobs"), operation{id: "create-job", method: http.MethodPost, role: RoleAdmin, status: http.StatusCreated, required: true,
		summary: "Register a job", about: "Any job is kept as it came. A run of one that Latch cannot run fails, and says why. An id that is sent is taken where it is free; a number that is not free is taken for another's, and a new one is made.",
		errors: []int{http.StatusConflict}}, a.createJob)
	for _, method := range []string{http.MethodPost, http.MethodGet} {
		id := map[string]string{http.MethodPost: "search-jobs", http.MethodGet: "find-jobs"}[method]
		mittoRoute[noBody](a, v2("/jobs/search"), operation{id: id, method: method, role: RoleRead, summary: "Search registered jobs, page by page"}, a.searchJobs)
	}
	mittoRoute[noBody](a, append(v2(jobPath), v1("/job/{id}")...), operation{id: "get-job", method: http.MethodGet, role: RoleRead, errors: notFound,
		summary: "Show a job with its last run"}, a.getJob)
	mittoRoute[MittoJob](a, v2(jobPath), operation{id: "change-job", method: http.MethodPatch, role: RoleAdmin, errors: notFound, large: true, required: true,
		summary: "Change what the body names of a job"}, a.changeJob)
	mittoRoute[noBody](a, v2(jobPath), operation{id: "delete-job", method: http.MethodDelete, role: RoleAdmin, status: http.StatusNoContent,
		errors: []int{http.StatusNotFound, http.StatusConflict}, summary: "Remove a job", about: "A run that is under way goes on. Refused while other jobs run after this one."}, a.deleteJob)
	mittoRoute[noBody](a, v2(jobPath+"/status"), operation{id: "get-job-status", method: http.MethodGet, role: RoleRead, errors: notFound,
		summary: "Show a job's last run"}, a.getJobStatus)
	mittoRoute[MittoAction](a, v2(jobPath+"/:actions"), operation{id: "act-on-job", method: http.MethodPost, role: RoleRun, required: true,
		errors: []int{http.StatusNotFound, http.StatusConflict}, summary: "START or STOP a job",
		about: "START answers with the new run's status, and with 409 and the run while one is under way. The same call made again under the same Idempotency-Key, or the same webhook-id of a delivery, gives the run that the first one started. A run of a job that Latch cannot run fails at once. STOP cancels the run that is under way."}, a.actOnJob)
	mittoRoute[[]MittoJob](a, v2("/bulk/jobs"), operation{id: "create-jobs", method: http.MethodPost, role: RoleAdmin, status: http.StatusCreated, required: true,
		errors: []int{http.StatusConflict}, summary: "Register several jobs", about: "At most 1000. Where one of them is wrong, none is registered; status counts those that then failed for another reason."}, a.createJobs)
	mittoRoute[noBody](a, v2("/bulk/jobs"), operation{id: "get-jobs", method: http.MethodGet, role: RoleRead, summary: "Show the jobs of a name"}, a.getJobs)
}

func (a *api) registerMittoWebhooks() {
	notFound := []int{http.StatusNotFound}
	mittoRoute[noBody](a, v2(jobPath+"/webhooks"), operation{id: "list-job-webhooks", method: http.MethodGet, role: RoleRead, errors: notFound,
		summary: "List a job's webhooks"}, a.listJobWebhooks)
	mittoRoute[MittoWebhook](a, v2(jobPath+"/webhooks"), operation{id: "add-job-webhook", method: http.MethodPost, role: RoleAdmin, status: http.StatusCreated,
		required: true, errors: notFound, summary: "Give a job a webhook more"}, a.addJobWebhook)
	mittoRoute[noBody](a, v1("/webhooks"), operation{id: "list-all-job-webhooks", method: http.MethodGet, role: RoleRead,
		summary: "List the webhooks of all jobs"}, a.listAllWebhooks)
	mittoRoute[noBody](a, v1(webhookPath), operation{id: "get-job-webhook", method: http.MethodGet, role: RoleRead, errors: notFound,
		summary: "Show a job's webhook"}, a.getJobWebhook)
	mittoRoute[MittoWebhook](a, v1(webhookPath), operation{id: "replace-job-webhook", method: http.MethodPut, role: RoleAdmin, large: true, required: true,
		errors: notFound, summary: "Replace a job's webhook", about: "The body is the whole webhook; its id and the time of its making stay."}, a.replaceJobWebhook)
	mittoRoute[noBody](a, v1(webhookPath), operation{id: "delete-job-webhook", method: http.MethodDelete, role: RoleAdmin, status: http.StatusNoContent,
		errors: notFound, summary: "Remove a job's webhook"}, a.deleteJobWebhook)
}

func (a *api) registerMittoAbout() {
	mittoRoute[noBody](a, v2("/about"), operation{id: "get-about", method: http.MethodGet, role: RoleRead, summary: "Tell what serves"}, a.getAbout)
	mittoRoute[noBody](a, v2("/about/messages"), operation{id: "get-about-messages", method: http.MethodGet, role: RoleRead,
		summary: "Tell of messages to users", about: "Latch has none."}, a.getAboutMessages)
	mittoRoute[noBody](a, v1("/system"), operation{id: "get-system", method: http.MethodGet, role: RoleRead,
		summary: "Show what templates see as system"}, a.getSystem)
	mittoRoute[noBody](a, v2("/metrics"), operation{id: "get-metrics", method: http.MethodGet, role: RoleRead,
		summary: "Count jobs and runs", about: "Runs are those that Temporal has not forgotten, those of sequences included."}, a.getMetrics)
	mittoRoute[noBody](a, v1("/tags"), operation{id: "list-tags", method: http.MethodGet, role: RoleRead,
		summary: "List the tags that jobs bear, or that were made by themselves"}, a.listTags)
	mittoRoute[MittoTag](a, v1("/tags"), operation{id: "create-tag", method: http.MethodPost, role: RoleAdmin, status: http.StatusCreated, required: true,
		summary: "Make a tag", about: "One that is there already is answered as it is."}, a.createTag)
}

// mittoRoute adds a route under each of its paths.
func mittoRoute[B, I, O any](a *api, paths []string, o operation, handler func(context.Context, *I) (*O, error)) {
	first, id := paths[0], o.id
	for _, path := range paths {
		o.path = path
		if path != first {
			o.id = id + suffixOf(path, first)
			o.summary, o.about = "The same as "+o.method+" "+first, ""
		}
		register[B](a, o, func(ctx context.Context, input *I) (*O, error) {
			output, err := handler(ctx, input)
			return output, explainRegistry(err)
		})
	}
}

// suffixOf tells a route's further paths apart by the prefixes they have.
func suffixOf(path, first string) string {
	suffix := ""
	if strings.HasPrefix(path, "/api/") {
		suffix = "-api"
	}
	if strings.HasPrefix(first, "/v2/") && !strings.Contains(path, "/v2/") {
		suffix += "-v1"
	}
	return suffix
}

// readObject reads a body that has to be a JSON object.
func readObject(body []byte) (map[string]jsonValue, error) {
	if err := needJSON(body); err != nil {
		return nil, err
	}
	object, err := mitto.Read(body)
	return object, decoded(err)
}
