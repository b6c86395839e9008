package console

import (
	"mime"
	"net/http"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/console/piece"
	"github.com/latch-run/latch/internal/evidence"
	"github.com/latch-run/latch/internal/locklink"
)

// evidencePattern is the path of a release's evidence, as a file.
const evidencePattern = locklink.ReleasesPath + "/{id}/evidence"

// evidenceLink returns the link to a closed release's evidence; an empty cell if the API signs
// none.
func (v *visit) evidenceLink(workflowID string) piece.Cell {
	if !v.core.SignsEvidence() {
		return piece.Cell{}
	}
	return piece.Link("Download", v.link(releasePath(workflowID)+"/evidence")).
		With("a signed statement of what came of the release; starter evidence verify checks it")
}

// evidence sends a release's evidence as a file.
func (c *console) evidence(w http.ResponseWriter, r *http.Request) {
	v := c.visitOf(w, r, nil)
	if v == nil {
		return
	}
	if !v.may(api.RoleRead) {
		v.write(v.tooSmall(api.RoleRead))
		return
	}
	sealed, err := v.api.Evidence(r.Context(), latch.ReleaseKind, v.path("id"))
	if err != nil {
		v.write(v.explain(err))
		return
	}
	w.Header().Set("Content-Type", evidence.MediaType)
	w.Header().Set("Content-Disposition", attachment("evidence-"+v.path("id")+".json"))
	_, _ = w.Write(sealed) // the visitor has gone away
}

// attachment returns the header by which a browser keeps an answer as a file.
func attachment(name string) string {
	if header := mime.FormatMediaType("attachment", map[string]string{"filename": name}); header != "" {
		return header
	}
	return "attachment"
}
