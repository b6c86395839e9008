package runs

import (
	"fmt"
	"net/url"
	"strings"
)

// URL returns the address of a run in Temporal UI, or "" if the address of the
// UI is unknown.
func URL(ui, namespace, workflowID, runID string) string {
	if ui == "" {
		return ""
	}
	return fmt.Sprintf("%s/namespaces/%s/workflows/%s/%s/history", strings.TrimRight(ui, "/"),
		url.PathEscape(namespace), url.PathEscape(workflowID), url.PathEscape(runID))
}
