package delivery

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// jsonSpace is the white space allowed between the tokens of JSON.
const jsonSpace = " \t\r\n"

func startsObject(text []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(text, jsonSpace), []byte("{"))
}

// cutJSON reports whether the body is truncated JSON, judging by its Content-Type or its first
// bytes.
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

// verdict classifies an answer by its status (contract, "Responses"). It returns nil if the
// delivery succeeded.
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
