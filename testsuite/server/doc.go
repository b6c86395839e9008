// Package server runs a whole Temporal server inside the calling process: the
// four services over SQLite, and on request Temporal's own HTTP API and its web
// UI. Everything listens on loopback.
//
// It knows Temporal and nothing of Latch. Tests, the demonstration and the
// development stack start it with [Start] and hand [Server.FrontendHostPort] to
// workers and clients, which are processes or packages of their own.
//
// Start reading at [Options], then [Start]. The file config.go holds the server's
// static configuration, database.go its schema and namespaces, ui.go the web UI.
package server
