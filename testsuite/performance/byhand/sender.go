package byhand

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"go.temporal.io/sdk/temporal"
)

const (
	// timeout bounds one request.
	timeout = 10 * time.Second

	// maximumAnswer is how much of an answer is read, in bytes.
	maximumAnswer = 64 << 10

	// connections is how many are kept to one host.
	connections = 100
)

// A Notice is what a webhook's body says.
type Notice struct {
	Event     string         `json:"event"`
	Webhook   string         `json:"webhook"`
	ID        string         `json:"delivery_id"`
	Timestamp time.Time      `json:"timestamp"`
	Run       Run            `json:"run"`
	Data      map[string]any `json:"data,omitempty"`
}

// A Run is the workflow that a notice is about.
type Run struct {
	WorkflowID string `json:"workflow_id"`
	RunID      string `json:"run_id"`
}

// A Sender sends signed notices over connections that it keeps. It is safe for
// concurrent use.
type Sender struct {
	client http.Client
	signer *standardwebhooks.Webhook
}

// NewSender makes a sender that signs with the secret.
func NewSender(secret []byte) (*Sender, error) {
	signer, err := standardwebhooks.NewWebhookRaw(secret)
	if err != nil {
		return nil, err
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 0, connections
	return &Sender{signer: signer, client: http.Client{Timeout: timeout, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
}

// Send posts a notice. An answer of 400 to 499 fails for good, except 408 and
// 429; any other that is not 2xx may be tried again.
func (s *Sender) Send(ctx context.Context, url string, notice Notice) error {
	body, err := json.Marshal(notice)
	if err != nil {
		return err
	}
	now := time.Now()
	signature, err := s.signer.Sign(notice.ID, now, body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(standardwebhooks.HeaderWebhookID, notice.ID)
	request.Header.Set(standardwebhooks.HeaderWebhookTimestamp, fmt.Sprint(now.Unix()))
	request.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if _, err := io.Copy(io.Discard, io.LimitReader(response.Body, maximumAnswer)); err != nil {
		return err
	}
	return failure(response.StatusCode)
}

func failure(status int) error {
	switch {
	case status < 300:
		return nil
	case status >= 400 && status < 500 && status != http.StatusRequestTimeout && status != http.StatusTooManyRequests:
		return temporal.NewNonRetryableApplicationError(fmt.Sprintf("answered %d", status), "Refused", nil)
	default:
		return fmt.Errorf("answered %d", status)
	}
}
