package console

import (
	"errors"
	"net/http"

	"github.com/latch-run/latch/internal/apiclient"
	"github.com/latch-run/latch/internal/console/piece"
)

// An answer is the result of a visit: a page, or a redirect to another.
type answer struct {
	status   int
	title    string
	template string
	data     any
	// said is the text that a screen reader announces when the page changes by
	// itself.
	said string
	// word is shown above the page; nil shows nothing.
	word *piece.Notice
	// to is the address to redirect to, and notice the text shown there once.
	to, notice string
}

// show answers with a page: its title, its template's name, and its data.
func show(title, template string, data any) *answer {
	return &answer{status: http.StatusOK, title: title, template: template, data: data}
}

// goTo redirects the browser to another page, an address made by [visit.link],
// which shows the notice once.
func (v *visit) goTo(address, notice string) *answer {
	return &answer{status: http.StatusSeeOther, to: address, notice: notice}
}

// refusal answers with a page that explains why the requested one is not shown.
func refusal(status int, title, text string) *answer {
	return &answer{status: status, title: title, template: "refusal", data: piece.Notice{Tone: "bad", Text: text}}
}

// answerOf calls make. It turns an error into the page that explains it.
func (v *visit) answerOf(make func(*visit) (*answer, error)) *answer {
	made, err := make(v)
	if err != nil {
		return v.explain(err)
	}
	return made
}

// outOfReach is the title of a page that cannot be shown without Temporal.
const outOfReach = "Temporal is out of reach or busy"

// explain turns an error of the API into a page.
func (v *visit) explain(err error) *answer {
	var problem *apiclient.Problem
	switch {
	case v.request.Context().Err() != nil: // the visitor has gone away
		return refusal(http.StatusServiceUnavailable, outOfReach, "The request ended before there was an answer.")
	case !errors.As(err, &problem):
		v.core.Logger.ErrorContext(v.request.Context(), "page failed", "path", v.request.URL.EscapedPath(), "error", err)
		return refusal(http.StatusInternalServerError, "Internal error", "The server's log has the details.")
	case problem.Status == http.StatusServiceUnavailable:
		made := refusal(problem.Status, outOfReach, problem.Detail+" What runs goes on; this page can only not show it. Reload it in a moment.")
		made.data = piece.Notice{Tone: "wait", Text: made.data.(piece.Notice).Text}
		return made
	}
	notice := piece.Notice{Tone: "bad", Text: problem.Error()}
	for _, each := range problem.Errors {
		notice.Items = append(notice.Items, each.Location+": "+each.Message)
	}
	return &answer{status: problem.Status, title: http.StatusText(problem.Status), template: "refusal", data: notice}
}
