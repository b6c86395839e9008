package api

import "github.com/latch-run/latch"

// A Warning is about something that was taken and is probably not meant.
type Warning struct {
	Path    string `json:"path" doc:"The field"`
	Message string `json:"message"`
}

// WarningsOf returns doubts as an answer shows them.
func WarningsOf(doubts []latch.Problem) []Warning {
	warnings := make([]Warning, len(doubts))
	for i, doubt := range doubts {
		warnings[i] = Warning{Path: doubt.Path, Message: doubt.Message}
	}
	return warnings
}
