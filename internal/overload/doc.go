// Package overload retries requests that Temporal rejects under load. It does not depend on the
// request. Start reading at [Again].
package overload
