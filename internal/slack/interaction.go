package slack

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Types of interactions.
const (
	BlockActions   = "block_actions"
	ViewSubmission = "view_submission"
)

// An Interaction is what somebody did in Slack (docs.slack.dev, reference of interaction
// payloads), as far as it is needed here.
type Interaction struct {
	Type string `json:"type"`
	User struct {
		ID string `json:"id"`
	} `json:"user"`
	// TriggerID opens a modal, for three seconds.
	TriggerID string `json:"trigger_id"`
	// ResponseURL takes up to five answers within 30 minutes.
	ResponseURL string   `json:"response_url"`
	Message     Message  `json:"message"`
	Actions     []Action `json:"actions"`
	View        View     `json:"view"`
}

// An Action is a button on which somebody clicked.
type Action struct {
	ID    string `json:"action_id"`
	Value string `json:"value"`
	// At is when, as Slack writes times: seconds with six decimals.
	At string `json:"action_ts"`
}

// Time returns when somebody clicked, or the zero time if the action does not say it.
func (a Action) Time() time.Time {
	seconds, fraction, _ := strings.Cut(a.At, ".")
	whole, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return time.Time{}
	}
	var micro int64
	if len(fraction) == 6 {
		if micro, err = strconv.ParseInt(fraction, 10, 64); err != nil || micro < 0 {
			return time.Time{}
		}
	}
	return time.Unix(whole, micro*1000).UTC()
}

// A View is a modal that somebody has filled in.
type View struct {
	CallbackID      string `json:"callback_id"`
	PrivateMetadata string `json:"private_metadata"`
	State           struct {
		// Values are by block_id and action_id.
		Values map[string]map[string]Input `json:"values"`
	} `json:"state"`
}

// An Input is what somebody typed or selected.
type Input struct {
	Value    string `json:"value"`
	Selected *struct {
		Value string `json:"value"`
	} `json:"selected_option"`
}

// maximumUserID bounds a user's id, in bytes.
const maximumUserID = 100

// ParseInteraction reads the body of a request: a form with the field payload, which is JSON.
func ParseInteraction(body []byte) (*Interaction, error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errors.New("it is not a form")
	}
	if len(form["payload"]) != 1 {
		return nil, fmt.Errorf("the form has the field payload %d times, not once", len(form["payload"]))
	}
	read := new(Interaction)
	if err := json.Unmarshal([]byte(form.Get("payload")), read); err != nil {
		return nil, fmt.Errorf("the field payload is not Slack's JSON: %w", err)
	}
	if read.User.ID == "" || len(read.User.ID) > maximumUserID {
		return nil, errors.New("the field payload names no user")
	}
	return read, nil
}
