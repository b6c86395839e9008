package locklink

import (
	"net/url"
	"strings"
)

// Paths of pages in the console to which other packages link.
const (
	ReleasesPath   = "/console/releases"
	JobsPath       = "/console/jobs"
	DeliveriesPath = "/console/deliveries"
)

// ReleasePage returns the address of a release's page in the console, below the
// API's public address. id is the release's id or its workflow id.
func ReleasePage(base, id string) string { return page(base, ReleasesPath, id) }

// JobPage returns the address of a registered job's page in the console.
func JobPage(base, id string) string { return page(base, JobsPath, id) }

// DeliveryPage returns the address of a delivery's page in the console.
// workflowID and runID name the run that fired it.
func DeliveryPage(base, id, workflowID, runID string) string {
	return page(base, DeliveriesPath, id) + "?" + url.Values{"workflow_id": {workflowID}, "run_id": {runID}}.Encode()
}

func page(base, path, id string) string {
	return strings.TrimRight(base, "/") + path + "/" + url.PathEscape(id)
}
