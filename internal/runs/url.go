package runs

import (
	"fmt"
	"net/url"
	"strings"
)

// URL returns the address of a run in Temporal UI, "" where the UI's own address
// is not known.
func URL(ui, namespace, workflowID, runID string) string {
	if ui == "" {
		return ""
	}
	return fmt.Sprintf("%s/namespaces/%s/workflows/%s/%s/history", strings.TrimRight(ui, "/"),
		url.PathEscape(namespace), url.PathEscape(workflowID), url.PathEscape(runID))
}
