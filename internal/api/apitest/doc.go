// Package apitest serves the HTTP API to tests over a Temporal and a registry
// that need no server.
//
// What it may not know: what a route answers. A test says how Temporal answers,
// and checks what comes of it.
//
// Where to start: [Running], [New] and [Call].
package apitest
