package chat

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"errors"
	"io"

	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/slack"
)

const (
	// maximumCarried is what a modal keeps, in characters (docs.slack.dev, "Modal views",
	// private_metadata).
	maximumCarried = 3_000
	// maximumMessage bounds a message that a modal has kept, in bytes.
	maximumMessage = 1 << 20
)

// A carried is what a modal keeps of the click that opened it. Slack keeps it, and signs it with
// the form.
type carried struct {
	slack.Value
	ResponseURL string `json:"response_url"`
	// Packed is the message, compressed; empty if it is too large.
	Packed []byte `json:"message,omitempty"`
}

// carry returns what the modal keeps, with the message if there is room for it.
func carry(lock slack.Value, address string, message slack.Message) (string, error) {
	kept := carried{Value: lock, ResponseURL: address}
	var packed bytes.Buffer
	writer, _ := flate.NewWriter(&packed, flate.BestCompression) // the level is one of flate's
	_, _ = writer.Write(rawjson.Encode(message))                 // a buffer takes all
	_ = writer.Close()
	kept.Packed = packed.Bytes()
	text := rawjson.Encode(kept)
	if len(text) > maximumCarried {
		kept.Packed = nil
		text = rawjson.Encode(kept)
	}
	if len(text) > maximumCarried {
		return "", errors.New("the lock's name is too long for a modal")
	}
	return string(text), nil
}

// uncarry returns what a modal has kept. A message that it did not keep is empty.
func uncarry(text string) (carried, slack.Message, error) {
	var kept carried
	var message slack.Message
	if err := json.Unmarshal([]byte(text), &kept); err != nil || kept.Lock == "" {
		return kept, message, errors.New("the form names no lock")
	}
	if len(kept.Packed) > 0 {
		plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(kept.Packed)), maximumMessage))
		if err != nil || json.Unmarshal(plain, &message) != nil {
			return kept, slack.Message{}, nil // it is only shown
		}
	}
	return kept, message, nil
}
