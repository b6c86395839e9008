package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/latch-run/latch/internal/loopback"
	"github.com/latch-run/latch/internal/rawjson"
)

// Bounds of a call.
const (
	callTimeout   = 10 * time.Second
	maximumAnswer = 1 << 20
)

// A Client calls Slack's Web API as an app's bot. It is safe for concurrent use.
type Client struct {
	base  *url.URL
	token string
	http  *http.Client
}

// CheckURL returns an error for an address at which Slack cannot be: one without TLS, except on
// this machine, or with anything beside a host.
func CheckURL(address string) error {
	_, err := parseBase(address)
	return err
}

func parseBase(address string) (*url.URL, error) {
	base, err := url.Parse(address)
	switch {
	case err != nil || base.Hostname() == "" || base.User != nil || strings.Trim(base.Path,
		"/") != "" || base.RawQuery != "" || base.Fragment != "":
		return nil, errors.New("is not an https URL of a host alone, such as https://slack.com")
	case base.Scheme == "https" && base.Port() != "":
		return nil, fmt.Errorf("%q has a port; Slack's answers go to hooks. of its host alone", base.Redacted())
	case base.Scheme == "https", base.Scheme == "http" && loopback.Is(base.Hostname()):
		base.Host = strings.ToLower(base.Host)
		return base, nil
	default:
		return nil, fmt.Errorf("%q is without TLS; only one on this machine may be", base.Redacted())
	}
}

// NewClient returns a client of the Slack at an address. It calls nothing else, and follows no
// redirects.
func NewClient(address, token string, transport http.RoundTripper) (*Client, error) {
	base, err := parseBase(address)
	if err != nil {
		return nil, err
	}
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Client{base: base, token: token, http: &http.Client{Transport: transport, Timeout: callTimeout, CheckRedirect: stay}}, nil
}

// A RefusedError is Slack's answer that it did not do what it was asked for.
type RefusedError struct{ Method, Code string }

// Error names the method and Slack's word.
func (e *RefusedError) Error() string { return fmt.Sprintf("slack: %s: %s", e.Method, e.Code) }

// A User is a person as users.info knows them. Email needs the scope users:read.email.
type User struct {
	ID             string `json:"id"`
	TeamID         string `json:"team_id"`
	Deleted        bool   `json:"deleted"`
	IsBot          bool   `json:"is_bot"`
	IsStranger     bool   `json:"is_stranger"`
	EmailConfirmed bool   `json:"is_email_confirmed"`
	Profile        struct {
		Email string `json:"email"`
	} `json:"profile"`
	Enterprise struct {
		ID string `json:"enterprise_id"`
	} `json:"enterprise_user"`
}

// A Team is the workspace, and the organization if it belongs to one, in which the app's token
// counts.
type Team struct {
	ID           string `json:"team_id"`
	EnterpriseID string `json:"enterprise_id"`
}

// Has reports whether a user is a member, and not somebody whom a channel shares with another
// company.
func (t Team) Has(user *User) bool {
	if user.IsStranger {
		return false
	}
	return t.ID != "" && user.TeamID == t.ID || t.EnterpriseID != "" && user.Enterprise.ID == t.EnterpriseID
}

// User returns the user with an id.
func (c *Client) User(ctx context.Context, id string) (*User, error) {
	var answer struct {
		User User `json:"user"`
	}
	form := url.Values{"user": {id}}.Encode()
	if err := c.call(ctx, "users.info", "application/x-www-form-urlencoded", []byte(form), &answer); err != nil {
		return nil, err
	}
	if answer.User.ID != id {
		return nil, &RefusedError{"users.info", "answered about another user"}
	}
	return &answer.User, nil
}

// Team returns the team of the app's token.
func (c *Client) Team(ctx context.Context) (Team, error) {
	var team Team
	err := c.call(ctx, "auth.test", "application/x-www-form-urlencoded", nil, &team)
	if err == nil && team.ID == "" && team.EnterpriseID == "" {
		err = &RefusedError{"auth.test", "names no team"}
	}
	return team, err
}

// OpenView opens a modal for the person who has just clicked.
func (c *Client) OpenView(ctx context.Context, triggerID string, view any) error {
	body := rawjson.Encode(object{"trigger_id": triggerID, "view": view})
	return c.call(ctx, "views.open", "application/json; charset=utf-8", body, nil)
}

// call calls a method of the Web API, and decodes its answer.
func (c *Client) call(ctx context.Context, method, contentType string, body []byte, into any) error {
	text, err := c.post(ctx, method, c.base.JoinPath("api", method).String(), contentType, body, "Bearer "+c.token)
	if err != nil {
		return err
	}
	var answer struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return fmt.Errorf("slack: %s: the answer is not JSON", method)
	}
	if !answer.OK {
		return &RefusedError{method, answer.Error}
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(text, into)
}

// Respond posts to the response_url of an interaction. It calls Slack's own host for that alone.
func (c *Client) Respond(ctx context.Context, address string, response Response) error {
	if !c.answersAt(address) {
		return errors.New("slack: the response_url is not Slack's")
	}
	_, err := c.post(ctx, "response_url", address, "application/json; charset=utf-8", rawjson.Encode(response), "")
	return err
}

// answersAt reports whether an address is one at which Slack takes answers: below the host hooks
// of its domain or, for a stand-in on this machine, at the stand-in.
func (c *Client) answersAt(address string) bool {
	given, err := url.Parse(address)
	if err != nil || given.User != nil || given.Scheme != c.base.Scheme {
		return false
	}
	if loopback.Is(c.base.Hostname()) {
		return given.Host == c.base.Host
	}
	return given.Host == "hooks."+c.base.Host
}

// post sends a request and returns the answer. Its error contains no address, since a
// response_url lets anybody write to the channel.
func (c *Client) post(ctx context.Context, what, address, contentType string, body []byte, authorization string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("slack: %s: the address cannot be called", what)
	}
	request.Header.Set("Content-Type", contentType)
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	response, err := c.http.Do(request)
	var at *url.Error
	if errors.As(err, &at) {
		err = at.Err
	}
	if err != nil {
		return nil, fmt.Errorf("slack: %s: %w", what, err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maximumAnswer))
	if err != nil {
		return nil, fmt.Errorf("slack: %s: %w", what, err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("slack: %s: HTTP %d", what, response.StatusCode)
	}
	return text, nil
}
