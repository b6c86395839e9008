package delivery

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/mask"
	"github.com/latch-run/latch/internal/urlmask"
)

// maskedBytes is how far into a body that was cut a record looks: a secret
// that begins before it ends within what was read, in whatever encoding.
const maskedBytes = MaximumResponseBytes / 2

// neverKept are headers that no record has (contract, "Records").
var neverKept = []string{"Set-Cookie", "Set-Cookie2", "Cookie", "Authorization", "Proxy-Authorization"}

// record returns the answer as a record keeps it: masked first, then cut.
func (a *answer) record(m *mask.Masker) *latch.RecordResponse {
	body := string(a.body)
	limit := len(body)
	switch {
	case a.cut:
		limit = maskedBytes
	case a.broken:
		limit = m.Whole(body)
	}
	return &latch.RecordResponse{
		Status:  a.status,
		Headers: a.headers(m, keptHeaderBytes),
		Body:    excerpt.First(cleanText(m.UpTo(body, limit)), KeptResponseBytes),
	}
}

// headers returns the headers that may be kept, masked, up to a total size, the
// values of one name joined.
func (a *answer) headers(m *mask.Masker, limit int) map[string]string {
	kept := make(map[string]string, len(a.header))
	for _, name := range sortedNames(a.header) {
		if slices.Contains(neverKept, http.CanonicalHeaderKey(name)) {
			continue
		}
		value := cleanText(m.Text(urlmask.WithoutUserinfo(strings.Join(a.header[name], ", "))))
		name = cleanText(m.Text(name))
		if limit -= len(name) + len(value); limit < 0 {
			break
		}
		kept[name] = value
	}
	return kept
}

// object returns the JSON object that the body is, whatever its Content-Type,
// masked; an empty one where it is something else.
func (a *answer) object(m *mask.Masker) latch.Object {
	object := latch.Object{}
	if a.broken || a.read().form != objectForm {
		return object
	}
	changed := !m.Clean(a.body)
	if err := json.Unmarshal(m.JSON(a.body), &object); err != nil {
		return latch.Object{}
	}
	if changed {
		keepDecisions(object, a.body, m)
	}
	return object
}

// keepDecisions puts back the keys that decide, with values that mean something
// there, where masking hid them: these words are nobody's secret, even where a
// worker holds one that reads the same, and a fail must not be lost by it.
func keepDecisions(masked latch.Object, body []byte, m *mask.Masker) {
	var came latch.Object
	if json.Unmarshal(body, &came) != nil {
		return
	}
	for _, key := range latch.DecisiveKeys {
		value, there := came[key]
		switch {
		case !there:
		case came.Understood(key) == nil:
			masked[key] = value
		default:
			masked[key] = m.JSON(value)
		}
	}
}

// jsonSpace is what may stand between the tokens of JSON.
const jsonSpace = " \t\r\n"

func startsObject(text []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(text, jsonSpace), []byte("{"))
}

// cutJSON reports whether the body is a JSON answer, by its Content-Type or for
// being an object, of which only the beginning was read.
func (a *answer) cutJSON() bool {
	return a.cut && (startsObject(a.body) || saysJSON(a.header)) && beginsJSON(a.body)
}

// beginsJSON reports whether the text is the beginning of a JSON value.
func beginsJSON(text []byte) bool {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	for {
		if _, err := decoder.Token(); err != nil {
			return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
		}
	}
}

func (a *answer) succeeded() bool { return a.status >= 200 && a.status < 300 }

// verdict classifies an answer by its status (contract, "Responses"); nil is
// delivered.
func (a *answer) verdict(c *call, now time.Time) error {
	again, _ := c.retry.Again(a.status)
	switch {
	case again:
		return a.statusError(c, now)
	case a.succeeded():
		if a.cutJSON() {
			return permanentf("%s", c.tell(fmt.Sprintf("the JSON answer has more than %d KiB; nothing can be decided on a part of it", MaximumResponseBytes>>10)))
		}
		return nil
	case a.redirects():
		return permanent(&StatusError{Status: a.status, message: c.tell(a.statusText() + a.leads(c) + ": redirects are not followed; give the address where it leads")})
	default:
		return a.statusError(c, now)
	}
}

func (a *answer) statusError(c *call, now time.Time) *StatusError {
	status := c.newStatusError(a.status)
	text := a.statusText() + a.leads(c)
	if word := a.goneWord(); word != "" || status.Gone {
		status.Gone = true
		if word != "" {
			text += ", " + word
		}
		text += ": the endpoint is gone; remove the webhook or correct its address"
	}
	if status.staleToken = c.staleToken; status.staleToken {
		text += ": its OAuth2 token is dropped, and the next attempt gets a new one"
	}
	status.message = c.tell(text)
	status.RetryAfter, status.invited = a.retryAfter(now)
	status.HasRetryAfter = status.RetryAfter > 0
	return status
}

func (a *answer) statusText() string {
	return strings.TrimSpace(fmt.Sprintf("answered %d %s", a.status, http.StatusText(a.status)))
}
