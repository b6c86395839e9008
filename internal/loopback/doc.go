// Package loopback protects a server that serves only this machine, and therefore requires no
// key, from everybody else.
//
// Not only the people at this machine can reach such a server: their browsers run other sites'
// pages, which may send requests to 127.0.0.1, or use a name of their own that resolves to it
// (DNS rebinding).
//
// [Is] reports whether an address to listen on is only this machine. A [Guard] checks each
// request's Host, and what browsers send about the page that it comes from. The package knows
// no routes and no keys. Start reading at [Guard.Check].
package loopback
