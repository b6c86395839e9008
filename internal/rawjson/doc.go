// Package rawjson encodes JSON without escaping < > and &: Latch's output is not HTML, and
// others compare or sign its bytes. Start reading at [Encode].
package rawjson
