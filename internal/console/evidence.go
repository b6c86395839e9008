package console

import (
	"mime"
	"net/http"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/api"
	"github.com/latch-run/latch/internal/console/piece"
	"github.com/latch-run/latch/internal/evidence"
)

// evidencePattern returns the path of the evidence of a release or gate, as a file.
func evidencePattern(kind latch.Kind) string { return pathsOf[kind] + "/{id}/evidence" }

// evidenceLink returns the link to the evidence of a closed release or gate; an empty cell if the
// API signs none.
func (v *visit) evidenceLink(kind latch.Kind, workflowID string) piece.Cell {
	if !v.core.SignsEvidence() {
		return piece.Cell{}
	}
	return piece.Link("Download", v.link(runPath(kind, workflowID)+"/evidence")).
		With("a signed statement of what came of the " + string(kind) + "; starter evidence verify checks it")
}

// evidence returns the handler that sends the evidence of a release or gate as a file.
func (c *console) evidence(kind latch.Kind) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { c.sendEvidence(w, r, kind) }
}

func (c *console) sendEvidence(w http.ResponseWriter, r *http.Request, kind latch.Kind) {
	v := c.visitOf(w, r, nil)
	if v == nil {
		return
	}
	if !v.may(api.RoleRead) {
		v.write(v.tooSmall(api.RoleRead))
		return
	}
	sealed, err := v.api.Evidence(r.Context(), kind, v.path("id"))
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
