package mittoapi

import "strings"

// foreignRoutes are Mitto's routes about things that are not Latch's, without
// their prefixes, each with what to say of it.
var foreignRoutes = map[string]string{
	"databases":   "Latch has no databases: it runs jobs and reports on them, and keeps no data of its own.",
	"pkg":         "Latch has no packages: there are no plugins to list or refresh.",
	"credentials": "Latch keeps no credentials: a worker holds secrets, and webhooks and tasks refer to them by name (secret, header_secrets, url_secret).",
}

// foreign returns what to say of a path that is one of Mitto's and not
// Latch's, "" of any other.
func foreign(path string) string {
	path = strings.TrimPrefix(path, "/api")
	path = strings.TrimPrefix(strings.TrimPrefix(path, "/v2"), "/")
	first, _, _ := strings.Cut(path, "/")
	return foreignRoutes[first]
}
