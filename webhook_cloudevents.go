package latch

import (
	"mime"
	"net/textproto"
	"slices"
	"strings"
)

// These are the modes of the CloudEvents 1.0 HTTP binding.
//
// In binary mode the body is the same as without CloudEvents, and the attributes are headers
// ce-…. In structured mode the body becomes the field data of an application/cloudevents+json
// object, including secret and lock. The id is the delivery's, and therefore the same for every
// attempt. The source is //<system.fqdn>/<workflow id>. The type is run.latch. and the event in
// lower case. The subject is the job's or release's id, followed by a slash and the step if
// there is one. The time is when the event fired. The signature covers the body as it is sent.
const (
	CloudEventsBinary     = "binary"
	CloudEventsStructured = "structured"
)

// cloudEventHeaders are the headers that Latch sets if a webhook sends CloudEvents.
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
