package locklink

import (
	"net/url"
	"strings"
)

// ChoiceParameter is the query parameter with what a link to a lock's page is about. The page then
// asks whether that is meant: a link decides nothing, since chats and scanners follow links by
// themselves.
const ChoiceParameter = "choice"

// Choices of a link.
const (
	ChoiceApprove = "approve"
	ChoiceReject  = "reject"
)

// WithChoice returns the address of a lock's page, by [URL], with a choice.
func WithChoice(address, choice string) string {
	separator := "?"
	if strings.Contains(address, "?") {
		separator = "&"
	}
	return address + separator + ChoiceParameter + "=" + url.QueryEscape(choice)
}
