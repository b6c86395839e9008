// Package server runs a complete Temporal server in the calling process: the
// four services on SQLite or PostgreSQL and, on request, Temporal's HTTP API and
// web UI. Everything listens on loopback.
//
// What it may not know: Latch. Tests, the demonstration and the development
// stack start the server with [Start] and pass [Server.FrontendHostPort] to
// workers and clients.
//
// Start reading at [Options], then [Start]. The file config.go holds the server's
// static configuration, database.go its schema and namespaces, ui.go the web UI.
package server
