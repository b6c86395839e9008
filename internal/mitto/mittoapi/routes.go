package mittoapi

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/mitto"
	"github.com/latch-run/latch/internal/registry"
)

// Mitto's newer routes are served under /v2 and /api/v2, its older ones under /
// and /api.
func v2(path string) []string { return []string{"/v2" + path, "/api/v2" + path} }
func v1(path string) []string { return []string{path, "/api" + path} }

const (
	jobPath     = "/jobs/{id}"
	webhookPath = "/webhooks/{webhook}"
)

// Options configure the routes.
type Options struct {
	// Registry stores registered jobs; if nil, one that uses the API's client.
	Registry Registry
}

// routes holds the handlers and what they share.
type routes struct {
	*api.API
	options  Options
	registry Registry
}

// Routes returns the routes that a client written for Mitto calls (contract,
// "HTTP API").
func Routes(options Options) api.Routes {
	return func(core *api.API) {
		a := &routes{API: core, options: options, registry: options.Registry}
		if a.registry == nil {
			jobs := core.RegistryOptions()
			jobs.Fields = mitto.Fields
			a.registry = registry.New(jobs)
		}
		describe(core.Schemas())
		core.AddHint(foreign)
		a.registerJobs()
		a.registerOwn()
		a.registerDeclared()
		a.registerWebhooks()
		a.registerAbout()
	}
}

func (a *routes) registerJobs() {
	notFound := []int{http.StatusNotFound}
	register[api.NoBody](a, v2("/jobs"), api.Operation{ID: "list-jobs", Method: http.MethodGet, Role: api.RoleRead,
		Summary: "List registered jobs", About: "Lists all jobs, or a page of them, without conf. In a list of more than 200, a status has no kvp, and its error is only a word."}, a.listJobs)
	register[MittoJob](a, v2("/jobs"), api.Operation{ID: "create-job", Method: http.MethodPost,
		Act: latch.AuditJobCreate, Role: api.RoleAdmin, Status: http.StatusCreated, Required: true,
		Summary: "Register a job", About: "Any job is kept as sent. If Latch cannot run it, its runs fail and say why. An id in the body is used if it is free; for a number that is taken, a new id is made.",
		Errors: []int{http.StatusConflict}}, a.createJob)
	for _, method := range []string{http.MethodPost, http.MethodGet} {
		id := map[string]string{http.MethodPost: "search-jobs", http.MethodGet: "find-jobs"}[method]
		register[api.NoBody](a, v2("/jobs/search"),
			api.Operation{ID: id, Method: method, Act: api.NotAct, Role: api.RoleRead,
				Summary: "Search registered jobs, page by page"}, a.searchJobs)
	}
	register[api.NoBody](a, append(v2(jobPath), v1("/job/{id}")...), api.Operation{ID: "get-job", Method: http.MethodGet, Role: api.RoleRead, Errors: notFound,
		Summary: "Show a job with its last run"}, a.getJob)
	register[MittoJob](a, v2(jobPath), api.Operation{ID: "change-job", Method: http.MethodPatch,
		Act: latch.AuditJobChange, Role: api.RoleAdmin, Large: true, Required: true,
		Errors: append([]int{http.StatusPreconditionFailed}, notFound...), Summary: "Change the fields of a job that the body has"}, a.changeJob)
	register[api.NoBody](a, v2(jobPath), api.Operation{ID: "delete-job", Method: http.MethodDelete,
		Act: latch.AuditJobDelete, Role: api.RoleAdmin, Status: http.StatusNoContent,
		Errors: []int{http.StatusNotFound, http.StatusConflict, http.StatusPreconditionFailed}, Summary: "Delete a job", About: "A run in progress continues. Rejected while other jobs run after this one."}, a.deleteJob)
	register[api.NoBody](a, v2(jobPath+"/status"), api.Operation{ID: "get-job-status", Method: http.MethodGet, Role: api.RoleRead, Errors: notFound,
		Summary: "Show a job's last run"}, a.getJobStatus)
	register[MittoAction](a, v2(jobPath+"/:actions"),
		api.Operation{ID: "act-on-job", Method: http.MethodPost, Act: latch.AuditJobStart, Role: api.RoleRun,
			Required: true,
			Errors:   []int{http.StatusNotFound, http.StatusConflict}, Summary: "START or STOP a job",
			About: "START answers with the new run's status, or, while a run is in progress, with 409 and that run. Repeating the call under " +
				"the same Idempotency-Key, or the same webhook-id of a delivery, returns the run that the first one started. A run of a job that " +
				"Latch cannot run fails at once. STOP cancels the run in progress."}, a.actOnJob)
	register[[]MittoJob](a, v2("/bulk/jobs"), api.Operation{ID: "create-jobs", Method: http.MethodPost,
		Act: latch.AuditJobCreate, Role: api.RoleAdmin, Status: http.StatusCreated, Required: true,
		Errors: []int{http.StatusConflict}, Summary: "Register several jobs", About: "Takes at most 1000 jobs. If one is invalid, none is registered; status counts those that failed for another reason."}, a.createJobs)
	register[api.NoBody](a, v2("/bulk/jobs"), api.Operation{ID: "get-jobs", Method: http.MethodGet, Role: api.RoleRead, Summary: "Show the jobs with a name"}, a.getJobs)
}

// ownPath is where the routes that Mitto does not have are served.
const ownPath = ownJobs + "/{id}"

// registerOwn adds the routes that Mitto does not have.
func (a *routes) registerOwn() {
	register[api.NoBody](a, []string{ownPath + "/runs"}, api.Operation{ID: "list-job-runs", Method: http.MethodGet, Role: api.RoleRead,
		Errors: []int{http.StatusNotFound, http.StatusUnprocessableEntity}, Summary: "List the runs of a job",
		About: "Without what their tasks returned. Temporal's list is a moment behind: a run shows here shortly after its start. Runs that Temporal has forgotten are not found."}, a.listRuns)
	register[TriedJobWebhook](a, []string{ownPath + "/webhooks/preview"},
		api.Operation{ID: "preview-job-webhook", Method: http.MethodPost, Act: api.NotAct, Role: api.RoleAdmin,
			Required: true, Large: true,
			Errors: []int{http.StatusNotFound}, Summary: "Show what a job's webhook would send, and what is wrong with it",
			About: "Nothing is kept and nothing is sent. The variables have the values of the job's last run; without one, the run is made up. " +
				"Secrets are shown by their names alone."}, a.previewJobWebhook)
	register[TestedJobWebhook](a, []string{ownPath + "/webhooks/test"},
		api.Operation{ID: "test-job-webhook", Method: http.MethodPost, Act: latch.AuditJobTest, Role: api.RoleAdmin,
			Required: true, Large: true, Load: api.LoadWait,
			Errors: []int{http.StatusNotFound}, Summary: "Send one test delivery of a job's webhook",
			About: api.AboutTests + " The variables have the values of the job's last run; without one, the run is made up."}, a.testJobWebhook)
	changes := []int{http.StatusNotFound, http.StatusConflict}
	register[api.NoBody](a, []string{ownPath + "/pause"},
		api.Operation{ID: "pause-job", Method: http.MethodPost, Act: latch.AuditJobPause, Role: api.RoleAdmin,
			Errors:  changes,
			Summary: "Keep a job from running by itself", About: "Neither at its times nor after another job. It still runs when it is started, " +
				"and a run that is under way goes on. A job that never runs by itself is 409."}, a.pauseJob)
	register[api.NoBody](a, []string{ownPath + "/resume"},
		api.Operation{ID: "resume-job", Method: http.MethodPost, Act: latch.AuditJobResume, Role: api.RoleAdmin,
			Errors:  changes,
			Summary: "Have a job run by itself again", About: "The times that passed meanwhile are not made up for."}, a.resumeJob)
}

func (a *routes) registerWebhooks() {
	notFound := []int{http.StatusNotFound}
	register[api.NoBody](a, v2(jobPath+"/webhooks"), api.Operation{ID: "list-job-webhooks", Method: http.MethodGet, Role: api.RoleRead, Errors: notFound,
		Summary: "List a job's webhooks"}, a.listJobWebhooks)
	register[MittoWebhook](a, v2(jobPath+"/webhooks"),
		api.Operation{ID: "add-job-webhook", Method: http.MethodPost, Act: latch.AuditJobChange, Role: api.RoleAdmin,
			Status:   http.StatusCreated,
			Required: true, Errors: notFound, Summary: "Add a webhook to a job"}, a.addJobWebhook)
	register[api.NoBody](a, v1("/webhooks"), api.Operation{ID: "list-all-job-webhooks", Method: http.MethodGet, Role: api.RoleRead,
		Summary: "List the webhooks of all jobs"}, a.listAllWebhooks)
	register[api.NoBody](a, v1(webhookPath), api.Operation{ID: "get-job-webhook", Method: http.MethodGet, Role: api.RoleRead, Errors: notFound,
		Summary: "Show a job's webhook"}, a.getJobWebhook)
	register[MittoWebhook](a, v1(webhookPath), api.Operation{ID: "replace-job-webhook", Method: http.MethodPut,
		Act: latch.AuditJobChange, Role: api.RoleAdmin, Large: true, Required: true,
		Errors: append([]int{http.StatusPreconditionFailed}, notFound...), Summary: "Replace a job's webhook", About: "The body is the whole webhook. Its id and creation time stay."}, a.replaceJobWebhook)
	register[api.NoBody](a, v1(webhookPath), api.Operation{ID: "delete-job-webhook", Method: http.MethodDelete,
		Act: latch.AuditJobChange, Role: api.RoleAdmin, Status: http.StatusNoContent,
		Errors: append([]int{http.StatusPreconditionFailed}, notFound...), Summary: "Delete a job's webhook"}, a.deleteJobWebhook)
}

func (a *routes) registerAbout() {
	register[api.NoBody](a, v2("/about"), api.Operation{ID: "get-about", Method: http.MethodGet, Role: api.RoleRead, Load: api.LoadNone,
		Summary: "Show the service's version and system"}, a.getAbout)
	register[api.NoBody](a, v2("/about/messages"), api.Operation{ID: "get-about-messages", Method: http.MethodGet, Role: api.RoleRead,
		Load:    api.LoadNone,
		Summary: "Show messages to users", About: "Latch has none."}, a.getAboutMessages)
	register[api.NoBody](a, v1("/system"), api.Operation{ID: "get-system", Method: http.MethodGet, Role: api.RoleRead, Load: api.LoadNone,
		Summary: "Show what templates see as system"}, a.getSystem)
	register[api.NoBody](a, v2("/metrics"), api.Operation{ID: "get-metrics", Method: http.MethodGet, Role: api.RoleRead,
		Summary: "Count jobs and runs", About: "Counts the runs that Temporal still has, including those of sequences."}, a.getMetrics)
	register[api.NoBody](a, v1("/tags"), api.Operation{ID: "list-tags", Method: http.MethodGet, Role: api.RoleRead,
		Summary: "List the tags of jobs, and those created on their own"}, a.listTags)
	register[MittoTag](a, v1("/tags"), api.Operation{ID: "create-tag", Method: http.MethodPost,
		Act: latch.AuditTagCreate, Role: api.RoleAdmin, Status: http.StatusCreated, Required: true,
		Summary: "Create a tag", About: "A tag that exists already is returned as it is."}, a.createTag)
}

// register adds a route under each of its paths.
func register[B, I, O any](a *routes, paths []string, o api.Operation, handler func(context.Context, *I) (*O, error)) {
	first, id := paths[0], o.ID
	for _, path := range paths {
		o.Path = path
		if path != first {
			o.ID = id + suffixOf(path, first)
			o.Summary, o.About = "The same as "+o.Method+" "+first, ""
		}
		api.Register[B](a.API, o, func(ctx context.Context, input *I) (*O, error) {
			output, err := handler(ctx, input)
			return output, explain(err)
		})
	}
}

// explain converts errors to the ones that Mitto's clients know. The API
// explains the others.
func explain(err error) error {
	var unknown *mitto.UnknownWebhook
	var refused *registry.RefusedError
	switch {
	case errors.As(err, &unknown):
		return api.NewProblem(http.StatusNotFound, "%s.", api.Sentence(err))
	case errors.As(err, &refused) && refused.Field == "schedule.after":
		return &registry.RefusedError{Field: "schedule.endof", Reason: refused.Reason}
	default:
		return err
	}
}

// suffixOf returns the suffix that makes the operation ids of a route's further paths
// unique.
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

// readObject reads a body that must be a JSON object.
func readObject(body []byte) (map[string]jsonValue, error) {
	if err := api.NeedJSON(body); err != nil {
		return nil, err
	}
	object, err := mitto.Read(body)
	return object, api.Decoded(err)
}
