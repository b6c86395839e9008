package api

import "github.com/latch-run/latch"

// A Warning says that something was accepted but is probably a mistake.
type Warning struct {
	Path    string `json:"path" doc:"The field"`
	Message string `json:"message"`
}

// WarningsOf returns warnings in the form of a response.
func WarningsOf(doubts []latch.Problem) []Warning {
	warnings := make([]Warning, len(doubts))
	for i, doubt := range doubts {
		warnings[i] = Warning{Path: doubt.Path, Message: doubt.Message}
	}
	return warnings
}
