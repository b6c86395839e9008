package mittoapi

import "strings"

// foreignRoutes are Mitto's routes about things that are not Latch's, without
// their prefixes, each with what to say of it.
var foreignRoutes = map[string]string{
	"databases":   "Databases are not Latch's: it runs jobs and tells of them, and keeps no data of its own.",
	"pkg":         "Packages are not Latch's: there are no plugins to list or to refresh.",
	"credentials": "Credentials are not Latch's to keep: a worker holds secrets, and webhooks and tasks name them (secret, header_secrets, url_secret).",
}

// foreign returns what to say of a path that is one of Mitto's and not
// Latch's, "" of any other.
func foreign(path string) string {
	path = strings.TrimPrefix(path, "/api")
	path = strings.TrimPrefix(strings.TrimPrefix(path, "/v2"), "/")
	first, _, _ := strings.Cut(path, "/")
	return foreignRoutes[first]
}
