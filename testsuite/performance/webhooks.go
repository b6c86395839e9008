package main

import "fmt"

// A spec is JSON input for Latch.
type spec = map[string]any

// webhook returns a webhook that signs its requests, as all do here on both
// sides.
func webhook(id, url, event string) spec {
	return spec{"id": id, "url": url, "event": event, "secret": "board"}
}

// webhooksTo returns a number of webhooks, each with its own path.
func webhooksTo(url, event string, count int) []spec {
	all := make([]spec, count)
	for i := range all {
		all[i] = webhook(fmt.Sprint("w", i), fmt.Sprint(url, "/", i), event)
	}
	return all
}

// urlsTo returns the same URLs for the hand-written code.
func urlsTo(url string, count int) []string {
	all := make([]string, count)
	for i := range all {
		all[i] = fmt.Sprint(url, "/", i)
	}
	return all
}
