package main

import "fmt"

// A spec is the JSON of what Latch is given.
type spec = map[string]any

// webhook is one that signs, as every webhook here does on both sides.
func webhook(id, url, event string) spec {
	return spec{"id": id, "url": url, "event": event, "secret": "board"}
}

// webhooksTo are so many, each to a path of its own.
func webhooksTo(url, event string, count int) []spec {
	all := make([]spec, count)
	for i := range all {
		all[i] = webhook(fmt.Sprint("w", i), fmt.Sprint(url, "/", i), event)
	}
	return all
}

// urlsTo are the same for the hand-written code.
func urlsTo(url string, count int) []string {
	all := make([]string, count)
	for i := range all {
		all[i] = fmt.Sprint(url, "/", i)
	}
	return all
}
