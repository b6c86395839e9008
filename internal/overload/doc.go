// Package overload retries requests that Temporal rejects under load, and queries that a worker
// abandons as it stops. Neither depends on the request. Start reading at [Again].
package overload
