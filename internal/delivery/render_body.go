package delivery

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/vars"
)

// contentTypeOf adds the charset UTF-8 to the media type of a text that is not only ASCII.
// Without it text would be read as ASCII (RFC 2046, section 4.1.2), and XML as its declaration
// says (RFC 7303, section 3). JSON, forms and YAML are UTF-8 by definition.
func contentTypeOf(contentType string, body []byte) string {
	if contentType == latch.DefaultContentType || !bytes.ContainsFunc(body, func(r rune) bool { return r > unicode.MaxASCII }) {
		return contentType
	}
	mediaType, parameters, err := mime.ParseMediaType(contentType)
	charset := parameters["charset"]
	if err != nil || !strings.HasPrefix(mediaType, "text/") && latch.BodyKindOf(mediaType) != latch.BodyMarkup || charset != "" && !strings.EqualFold(charset, "us-ascii") {
		return contentType
	}
	if parameters == nil {
		parameters = map[string]string{}
	}
	parameters["charset"] = "utf-8"
	return mime.FormatMediaType(mediaType, parameters)
}

// usualBody is a capacity in bytes that suffices for most default bodies.
const usualBody = 1 << 10

// defaultBody returns the body of a webhook that defines none (contract, "Default body").
func (d *draft) defaultBody() []byte {
	b := objectBuilder{buffer: make([]byte, 0, usualBody)}
	for _, name := range vars.BodyFields {
		b.add(name, d.bodyField(name))
	}
	return b.finish()
}

// bodyField returns one field of the default body, or nil if it does not apply.
func (d *draft) bodyField(name string) json.RawMessage {
	switch name {
	case "secret":
		return textOrNone(d.sentSecret())
	case "lock":
		return textOrNone(d.Lock)
	case "lock_url":
		return textOrNone(d.LockURL)
	case "event":
		return textOrNone(d.Event.Event)
	case "webhook":
		return encodeID(d.Webhook.ID)
	case "delivery_id":
		return textOrNone(d.DeliveryID)
	case "sequence":
		if d.Sequence == 0 {
			return nil
		}
		return strconv.AppendInt(nil, int64(d.Sequence), 10)
	case "previous_id":
		return textOrNone(d.PreviousID)
	case "attempt":
		return strconv.AppendInt(nil, int64(d.attempt), 10)
	case "timestamp":
		return encodeTime(d.now)
	case "parent_log":
		return strconv.AppendInt(nil, d.ParentLog, 10)
	case "target":
		if !vars.IsTarget(d.Variables["target"]) {
			return nil
		}
		return d.Variables["target"]
	case "job":
		return withoutSetup(d.Variables["job"])
	default:
		return d.Variables[name]
	}
}

func textOrNone(text string) json.RawMessage {
	if text == "" {
		return nil
	}
	return rawjson.Encode(text)
}

func encodeTime(t time.Time) json.RawMessage {
	encoded, _ := latch.NewTime(t).MarshalJSON() // cannot fail to encode
	return encoded
}

// encodeID returns the description of a thing that is known by its id.
func encodeID(id string) json.RawMessage {
	return slices.Concat([]byte(`{"id":`), rawjson.Encode(id), []byte("}"))
}

// withoutSetup returns the job without its configuration and its webhooks, which only a body
// that names them contains.
func withoutSetup(job json.RawMessage) json.RawMessage {
	const conf, webhooks = "conf", "webhooks"
	if !bytes.Contains(job, []byte(`"`+conf+`"`)) && !bytes.Contains(job, []byte(`"`+webhooks+`"`)) {
		return job
	}
	var fields latch.Object
	if err := json.Unmarshal(job, &fields); err != nil {
		return job
	}
	delete(fields, conf)
	delete(fields, webhooks)
	return rawjson.Encode(fields)
}

// An objectBuilder writes a JSON object, its fields in the order of the calls.
type objectBuilder struct{ buffer []byte }

// name begins a field. The name must be one of Latch's own: letters and underscores.
func (b *objectBuilder) name(name string) {
	separator := byte(',')
	if len(b.buffer) == 0 {
		separator = '{'
	}
	b.buffer = append(strconv.AppendQuote(append(b.buffer, separator), name), ':')
}

// add writes a field unless it does not apply.
func (b *objectBuilder) add(name string, value json.RawMessage) {
	if !absent(value) {
		b.name(name)
		b.buffer = append(b.buffer, value...)
	}
}

// text writes a field unless it is empty.
func (b *objectBuilder) text(name, value string) {
	if value != "" {
		b.name(name)
		b.buffer = append(b.buffer, rawjson.Encode(value)...)
	}
}

func (b *objectBuilder) finish() []byte {
	if len(b.buffer) == 0 {
		return []byte("{}")
	}
	return append(b.buffer, '}')
}

// encodeForm returns a JSON object as a form, with the fields in their order. Strings stay as
// they are, null is empty, numbers keep their digits, and nested values are compact JSON.
func encodeForm(object json.RawMessage) ([]byte, error) {
	if !startsObject(object) {
		return nil, fmt.Errorf("a form is made of a JSON object, not of %s", excerpt.First(string(object), 40))
	}
	var form []string
	decoder := json.NewDecoder(bytes.NewReader(object))
	if _, err := decoder.Token(); err != nil {
		return nil, err
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		text, err := formText(value)
		if err != nil {
			return nil, err
		}
		form = append(form, url.QueryEscape(fmt.Sprint(name))+"="+url.QueryEscape(text))
	}
	return []byte(strings.Join(form, "&")), nil
}

func formText(value json.RawMessage) (text string, err error) {
	switch {
	case string(value) == "null":
		return "", nil
	case value[0] == '"':
		err = json.Unmarshal(value, &text)
		return text, err
	default:
		var compact bytes.Buffer
		err = json.Compact(&compact, value)
		return compact.String(), err
	}
}
