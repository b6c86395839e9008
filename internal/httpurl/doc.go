// Package httpurl reads the addresses of HTTP servers that settings, flags and
// headers name. The URLs of webhooks have more rules: see the root package and
// internal/delivery. Start reading at [Parse].
package httpurl
