package mittoapi

import "strings"

// foreignRoutes maps Mitto's routes that Latch does not have, without their
// prefixes, to an explanation.
var foreignRoutes = map[string]string{
	"databases":   "Latch has no databases: it runs jobs and reports on them, and keeps no data of its own.",
	"pkg":         "Latch has no packages: there are no plugins to list or refresh.",
	"credentials": "Latch keeps no credentials: a worker holds secrets, and webhooks and tasks refer to them by name (secret, header_secrets, url_secret).",
}

// foreign returns the explanation for a path that Mitto has and Latch does not,
// or "" for any other path.
func foreign(path string) string {
	path = strings.TrimPrefix(path, "/api")
	path = strings.TrimPrefix(strings.TrimPrefix(path, "/v2"), "/")
	first, _, _ := strings.Cut(path, "/")
	return foreignRoutes[first]
}
