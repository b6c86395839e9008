package delivery

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"unicode"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/rawjson"
)

const (
	structuredType = "application/cloudevents+json; charset=utf-8"
	// eventTypePrefix is the prefix of every event type, in reverse DNS notation.
	eventTypePrefix = "run.latch."
)

// contentType returns the media type of the body that is sent.
func (d *draft) contentType() string {
	if d.Webhook.CloudEvents == latch.CloudEventsStructured {
		return structuredType
	}
	return contentTypeOf(d.Webhook.ContentType, d.body)
}

// attributes returns the event's context attributes (CloudEvents 1.0, "Context
// Attributes"), the same for every attempt.
func (d *draft) attributes() []field {
	at := d.Occurrence.At
	if at.IsZero() {
		at = latch.NewTime(d.now)
	}
	timestamp := strings.Trim(string(rawjson.Encode(at)), `"`)
	sequence := "" // as text that sorts like the number (CloudEvents extension "Sequence")
	if d.Sequence > 0 {
		sequence = fmt.Sprintf("%010d", d.Sequence)
	}
	return []field{
		{"specversion", "1.0"},
		{"id", d.DeliveryID},
		{"source", d.eventSource()},
		{"type", eventTypePrefix + strings.ToLower(d.Event.Event)},
		{"subject", withoutControls(d.Occurrence.Subject)},
		{"time", timestamp},
		{"sequence", sequence},
	}
}

// eventSource returns a URI reference. Together with the id it is unique.
func (d *draft) eventSource() string {
	var system struct {
		FQDN string `json:"fqdn"`
	}
	if value := d.Variables["system"]; !absent(value) {
		_ = json.Unmarshal(value, &system) // a value other than an object has no name
	}
	source := url.URL{Host: system.FQDN, Path: "/" + d.Occurrence.WorkflowID}
	return source.String()
}

// withoutControls removes the characters that an attribute may not contain ("Type System",
// String).
func withoutControls(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r&0xfffe == 0xfffe || r >= 0xfdd0 && r <= 0xfdef {
			return -1
		}
		return r
	}, text)
}

// wrap returns the body of structured mode, with the given body as its data: as
// JSON if the content type is JSON (rendering has checked that it is valid),
// otherwise as text.
func (d *draft) wrap(body []byte) []byte {
	if d.Webhook.CloudEvents != latch.CloudEventsStructured {
		return body
	}
	var b objectBuilder
	for _, attribute := range d.attributes() {
		b.text(attribute.name, attribute.value)
	}
	contentType := d.Webhook.ContentType
	b.text("datacontenttype", contentTypeOf(contentType, body))
	if latch.BodyKindOf(contentType) != latch.BodyJSON {
		body = rawjson.Encode(string(body))
	}
	b.add("data", body)
	return b.finish()
}

// writeAttributes sets the headers of binary mode (CloudEvents HTTP binding,
// section 3.1.3).
func (d *draft) writeAttributes() error {
	if d.Webhook.CloudEvents != latch.CloudEventsBinary {
		return nil
	}
	for _, attribute := range d.attributes() {
		if attribute.value == "" {
			continue
		}
		if err := d.header.set("Ce-"+attribute.name, attributeHeader(attribute.value)); err != nil {
			return err
		}
	}
	return nil
}

// attributeHeader percent-encodes the characters that such a header may not contain: space,
// quote, percent, and everything except printable ASCII, byte by byte of its UTF-8.
func attributeHeader(value string) string {
	var b strings.Builder
	for i := range len(value) {
		if c := value[i]; c <= ' ' || c >= 0x7f || c == '"' || c == '%' {
			fmt.Fprintf(&b, "%%%02X", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}
