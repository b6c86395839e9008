package latch

import (
	"mime"
	"slices"
	"strings"
)

// A BodyKind says how a body of some media type is written, and how the values in it are
// escaped (contract, "Templates").
type BodyKind int

const (
	// BodyUnknown is the kind of a body that is not text, such as an image, and of an invalid
	// media type.
	BodyUnknown BodyKind = iota
	// BodyText inserts values unchanged.
	BodyText
	BodyJSON
	BodyForm
	// BodyMarkup is XML or HTML.
	BodyMarkup
)

// binaryTypes are well-known subtypes of application that are not text. binarySuffixes are the
// structured syntaxes (RFC 6839, RFC 8949) that are not text.
var (
	binaryTypes = []string{"octet-stream", "pdf", "zip", "gzip", "x-gzip", "x-tar", "x-bzip2", "x-7z-compressed", "x-xz", "zstd", "wasm", "java-archive",
		"protobuf", "x-protobuf", "vnd.google.protobuf", "grpc", "cbor", "cose", "msgpack", "x-msgpack", "vnd.msgpack", "avro", "vnd.apache.parquet"}
	binarySuffixes = []string{"+zip", "+gzip", "+zstd", "+cbor", "+cbor-seq", "+cose", "+protobuf", "+der", "+ber", "+wbxml", "+fastinfoset"}
)

// BodyKindOf returns the kind of a content type, with or without parameters;
// "" is [DefaultContentType].
func BodyKindOf(contentType string) BodyKind {
	if contentType == "" || contentType == DefaultContentType {
		return BodyJSON
	}
	mediaType, _, err := mime.ParseMediaType(contentType)
	if err != nil {
		return BodyUnknown
	}
	family, subtype, _ := strings.Cut(mediaType, "/")
	markup := subtype == "xml" || subtype == "html" || strings.HasSuffix(subtype, "+xml")
	switch {
	case family == "text", family == "message", family == "application":
	case markup: // such as image/svg+xml
	default:
		return BodyUnknown
	}
	switch {
	case subtype == "":
		return BodyUnknown
	case markup:
		return BodyMarkup
	case family != "application":
		return BodyText
	case subtype == "json", strings.HasSuffix(subtype, "+json"):
		return BodyJSON
	case subtype == "x-www-form-urlencoded":
		return BodyForm
	case slices.Contains(binaryTypes, subtype), slices.ContainsFunc(binarySuffixes, func(suffix string) bool { return strings.HasSuffix(subtype, suffix) }):
		return BodyUnknown
	default:
		return BodyText
	}
}
