package latch

import (
	"mime"
	"net/textproto"
	"slices"
	"strings"
)

// Modes of the CloudEvents 1.0 HTTP binding.
//
// In binary mode the body is what it is without, and the attributes stand in
// headers ce-…; in structured mode the body becomes the field data of an
// application/cloudevents+json object, secret and lock within it. The id is the
// delivery's, so that it is the same for every attempt; the source is
// //<system.fqdn>/<workflow id>, the type run.latch. and the event in lower
// case, the subject the job's or release's id and after a slash the step, the
// time when the event fired. The signature covers the body as it is sent.
const (
	CloudEventsBinary     = "binary"
	CloudEventsStructured = "structured"
)

// cloudEventHeaders are set by Latch where a webhook sends CloudEvents.
var cloudEventHeaders = []string{"Ce-Specversion", "Ce-Id", "Ce-Source", "Ce-Type", "Ce-Subject", "Ce-Time", "Ce-Datacontenttype"}

func (w *Webhook) validateCloudEvents(problems *Problems, path string) {
	at := field(path, "cloudevents")
	if known := oneOf(problems, at, w.CloudEvents, CloudEventsBinary, CloudEventsStructured); !known || w.CloudEvents == "" {
		return
	}
	switch {
	case !w.HasURL():
		problems.Addf(at, "needs url or url_secret: a lock alone is sent to nobody")
	case w.method() == "GET":
		problems.Addf(at, "a GET request bears no event")
	case w.Preset != "":
		problems.Addf(at, "%s takes messages of its own; give either preset or cloudevents", w.Preset)
	}
	if mediaType, _, err := mime.ParseMediaType(w.ContentType); err == nil && strings.HasPrefix(mediaType, "application/cloudevents") {
		problems.Addf(field(path, "content_type"), "%s is set by cloudevents; give that of the event's data", mediaType)
	}
	names := append(sortedKeys(w.Headers), sortedKeys(w.HeaderSecrets)...)
	for _, name := range append(names, w.SecretHeader) {
		if slices.Contains(cloudEventHeaders, textproto.CanonicalMIMEHeaderKey(name)) {
			problems.Addf(at, "the header %s cannot be set by hand: Latch sets it", name)
		}
	}
}
