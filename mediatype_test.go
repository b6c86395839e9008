package latch_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch"
)

// The content types that a webhook can send, and how values are escaped in them.
func TestBodyKinds(t *testing.T) {
	t.Parallel()
	for kind, contentTypes := range map[latch.BodyKind][]string{
		latch.BodyJSON: {"", "application/json", "application/json; charset=utf-8", "Application/JSON",
			"application/cloudevents+json", "application/problem+json"},
		latch.BodyForm: {"application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-8"},
		latch.BodyText: {"text/plain", "text/plain; charset=utf-8", "text/csv", "text/markdown", "text/yaml", "text/json",
			"application/yaml", "application/x-yaml", "application/openapi+yaml",
			"application/toml", "application/x-ndjson", "application/graphql", "application/sql", "application/javascript",
			"application/vnd.acme.order", "message/rfc822", "application/jwt"},
		latch.BodyMarkup: {"application/xml", "text/xml", "text/xml; charset=utf-8", "application/soap+xml",
			"application/atom+xml", "text/html", "application/xhtml+xml", "image/svg+xml"},
		latch.BodyUnknown: {"json", "text", "a b", "text/", "image/png", "audio/ogg", "video/mp4", "font/woff2",
			"model/gltf+json", "multipart/form-data; boundary=x", "application/octet-stream",
			"application/pdf", "application/zip", "application/epub+zip", "application/x-protobuf", "application/senml+cbor", "application/msgpack"},
	} {
		for _, contentType := range contentTypes {
			require.Equal(t, kind, latch.BodyKindOf(contentType), contentType)
		}
	}
}
