// Package httpurl parses the addresses of HTTP servers in settings, flags and headers. The URLs
// of webhooks have more rules: see the root package and internal/delivery. Start reading at
// [Parse].
package httpurl
