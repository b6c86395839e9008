// Package rawjson writes JSON with < > & as they are: what Latch sends and shows
// is not HTML, and others compare or sign its bytes. Start reading at [Encode].
package rawjson
