// Package loopback keeps everybody else out of a server that serves this
// machine alone, and therefore asks nobody for a key.
//
// Such a server is reached by more than the people at this machine: their
// browsers run other sites' pages, which may send requests to 127.0.0.1, and
// may have a name of their own resolve to it (DNS rebinding).
//
// What lives here: [Is] says which hosts to listen on are this machine alone;
// a [Guard] looks at each request's Host, and at what browsers say about the
// page that it comes from. It knows no routes and no keys. Start reading at
// [Guard.Check].
package loopback
