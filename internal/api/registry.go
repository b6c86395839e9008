package api

import (
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/latch-run/latch/internal/registry"
)

// explainRegistry converts an error of the registry to a problem, and returns
// any other error unchanged.
func explainRegistry(err error) error {
	var refused *registry.RefusedError
	var followed *registry.FollowedError
	var namesake *registry.NamesakeError
	switch {
	case errors.As(err, &namesake):
		p := NewProblem(http.StatusConflict, "%s.", Sentence(err))
		p.WorkflowID, p.RunID = namesake.WorkflowID, namesake.RunID
		return p
	case errors.As(err, &refused):
		p := NewProblem(http.StatusUnprocessableEntity, "%s", refused.Reason)
		if refused.Field != "" {
			p.Errors = append(p.Errors, &huma.ErrorDetail{Location: "body." + refused.Field, Message: refused.Reason})
		}
		return p
	case errors.Is(err, registry.ErrUnknown):
		return NewProblem(http.StatusNotFound, "%s.", Sentence(err))
	case errors.Is(err, registry.ErrExists), errors.Is(err, registry.ErrConflict), errors.As(err, &followed):
		return NewProblem(http.StatusConflict, "%s.", Sentence(err))
	default:
		return err
	}
}

// Sentence returns the text of an error with its first letter in upper case.
func Sentence(err error) string {
	text := err.Error()
	if text != "" && text[0] >= 'a' && text[0] <= 'z' {
		return string(text[0]-'a'+'A') + text[1:]
	}
	return text
}
