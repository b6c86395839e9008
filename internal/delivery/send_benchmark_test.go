package delivery

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/collector"
	"github.com/latch-run/latch/internal/expr"
)

// BenchmarkSend compares a send with that of an ordinary careful sender on net/http
// (plainSender), to the same local server over kept connections. The metric ratio is the cost
// of a send divided by that sender's. The two alternate in batches, each of which starts from a
// clean heap and is long enough to pay for its own garbage. ratio is the median over pairs of
// batches, so that the machine's other load cancels out.
//
//	go test ./internal/delivery -run '^$' -bench BenchmarkSend -benchtime 10x
func BenchmarkSend(b *testing.B) {
	collector.Set()                                          // as in a worker, for both sides
	_, err := expr.CompileTemplate("${job.id}", expr.InText) // as in a worker, CEL's memory is there
	require.NoError(b, err)
	for _, c := range []struct{ name, body string }{
		{"default body", ""},
		{"body of its own", `{"text":"Job ${job.id} ended","status":"${job.status}"}`},
	} {
		b.Run(c.name, func(b *testing.B) {
			server := httptest.NewServer(http.HandlerFunc(answerPass))
			defer server.Close()
			sender := newSender(b, Options{Secrets: secrets(b, map[string]string{"key": benchmarkSecret}, nil), EgressAllow: []string{"127.0.0.1"}})
			r := request(server.URL)
			r.Webhook.Secret = "key"
			r.ParentLog = 1714979289000
			if c.body != "" {
				r.Webhook.Body = []byte(c.body)
			}
			r.Variables = expr.Variables{
				"system": []byte(`{"fqdn":"stage.example.net","environment":"stage"}`),
				"job":    []byte(`{"id":"22739","title":"Nightly","status":{"id":1,"returncode":0}}`),
				"run":    []byte(`{"workflow_id":"job-22739","run_id":"0197"}`),
			}
			plain := newPlainSender(b, server.URL, r.DeliveryID)
			payload := plain.defaultBody
			if c.body != "" {
				payload = plain.ownBody
			}
			_, made, err := sender.Prepare(r, 1)
			require.NoError(b, err)
			encoded, err := json.Marshal(payload())
			require.NoError(b, err)
			require.InDelta(b, made.Request.Bytes, len(encoded), 10, "both send the same, but for the precision of times")
			compare(b,
				func() error { _, err := sender.Send(b.Context(), r, 1); return err },
				func() error { return plain.send(b.Context(), payload()) })
		})
	}
}

const (
	benchmarkSecret = "mdoq-is-awesome"
	// batch is how many sends are timed together. Each batch contains several garbage
	// collections, so that one more or less does not matter.
	batch = 4000
)

func answerPass(w http.ResponseWriter, r *http.Request) {
	_, _ = io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/json")
	_, _ = io.WriteString(w, `{"result":"pass"}`)
}

// compare reports the cost of a relative to b.
func compare(b *testing.B, latch, plain func() error) {
	timed := func(send func() error) float64 {
		runtime.GC()
		begun := time.Now()
		for range batch {
			require.NoError(b, send())
		}
		return float64(time.Since(begun)) / batch
	}
	timed(latch)
	timed(plain)
	var ratios, latches, plains []float64
	for b.Loop() {
		var ours, theirs float64
		if len(ratios)%2 == 0 {
			ours, theirs = timed(latch), timed(plain)
		} else {
			theirs, ours = timed(plain), timed(latch)
		}
		ratios, latches, plains = append(ratios, ours/theirs), append(latches, ours), append(plains, theirs)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(median(latches), "latch-ns/send")
	b.ReportMetric(median(plains), "plain-ns/send")
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// A plainSender sends a webhook as a careful program does without Latch: a body encoded from Go
// values, one Standard Webhooks signature by the reference library, headers, a timeout, no
// redirects, a limit on the answer, its status checked and its JSON decoded. It does not check
// addresses, mask secrets or keep records.
type plainSender struct {
	client   http.Client
	url      string
	delivery string
	signer   *standardwebhooks.Webhook
	job      plainJob
}

type plainJob struct {
	ID     string      `json:"id"`
	Title  string      `json:"title"`
	Status plainStatus `json:"status"`
}

type plainStatus struct {
	ID         int `json:"id"`
	ReturnCode int `json:"returncode"`
}

func newPlainSender(b *testing.B, url, delivery string) *plainSender {
	b.Helper()
	signer, err := standardwebhooks.NewWebhookRaw([]byte(benchmarkSecret))
	require.NoError(b, err)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	b.Cleanup(transport.CloseIdleConnections)
	return &plainSender{
		client: http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		url:    url, delivery: delivery, signer: signer,
		job: plainJob{ID: "22739", Title: "Nightly", Status: plainStatus{ID: 1}},
	}
}

// defaultBody has the content of Latch's default body.
func (p *plainSender) defaultBody() any {
	type identified struct {
		ID string `json:"id"`
	}
	type system struct {
		FQDN        string `json:"fqdn"`
		Environment string `json:"environment"`
	}
	type run struct {
		WorkflowID string `json:"workflow_id"`
		RunID      string `json:"run_id"`
	}
	return struct {
		Secret     string     `json:"secret"`
		Event      string     `json:"event"`
		Webhook    identified `json:"webhook"`
		DeliveryID string     `json:"delivery_id"`
		Attempt    int        `json:"attempt"`
		Timestamp  time.Time  `json:"timestamp"`
		System     system     `json:"system"`
		Job        plainJob   `json:"job"`
		ParentLog  int64      `json:"parent_log"`
		Run        run        `json:"run"`
	}{benchmarkSecret, "JOB_SUCCESS", identified{"board"}, p.delivery, 1, time.Now().UTC(), system{"stage.example.net", "stage"},
		p.job, 1714979289000, run{"job-22739", "0197"}}
}

// ownBody has the content of the benchmark's own body.
func (p *plainSender) ownBody() any {
	return struct {
		Secret string      `json:"secret"`
		Text   string      `json:"text"`
		Status plainStatus `json:"status"`
	}{benchmarkSecret, fmt.Sprintf("Job %s ended", p.job.ID), p.job.Status}
}

func (p *plainSender) send(ctx context.Context, payload any) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	body, err := json.Marshal(payload)
	if err != nil {
		return err
	}
	now := time.Now()
	signature, err := p.signer.Sign(p.delivery, now, body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json")
	request.Header.Set("User-Agent", "plain/1.0")
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-Latch-Secret", benchmarkSecret)
	request.Header.Set("Webhook-Id", p.delivery)
	request.Header.Set("Webhook-Timestamp", strconv.FormatInt(now.Unix(), 10))
	request.Header.Set("Webhook-Signature", signature)
	response, err := p.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, MaximumResponseBytes))
	if err != nil {
		return err
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return fmt.Errorf("answered %s", response.Status)
	}
	var data map[string]any
	return json.Unmarshal(answer, &data)
}
