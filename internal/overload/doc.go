// Package overload retries requests that Temporal rejects under load, and those that it or a
// worker abandons as a worker stops. Neither depends on the request. Start reading at [Again].
package overload
