package delivery

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/latch-run/latch/internal/expr"
)

// Masking an answer of the size limit that costs most: escapes in escapes.
func BenchmarkMask(b *testing.B) {
	m := newMasker([]string{"mdoq-is-awesome", "other+secret value"})
	const unit = `\\\\%25252b&amp;amp;+`
	text := strings.Repeat(unit, MaximumResponseBytes/len(unit))
	for b.Loop() {
		m.text(text)
	}
}

// One send, beside the least that does the same: net/http and an HMAC.
func BenchmarkSend(b *testing.B) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"result":"pass"}`)
	}))
	defer server.Close()

	b.Run("latch", func(b *testing.B) {
		sender := newSender(b, Options{Secrets: secrets(b, map[string]string{"key": "mdoq-is-awesome"}, nil), EgressAllow: []string{"127.0.0.1"}})
		r := request(server.URL)
		r.Webhook.Secret = "key"
		r.Webhook.Body = []byte(`{"text":"Job ${job.id} ended","status":"${job.status}"}`)
		r.Variables = expr.Variables{"job": []byte(`{"id":"22739","status":{"id":1}}`)}
		for b.Loop() {
			_, err := sender.Send(b.Context(), r, 1)
			require.NoError(b, err)
		}
	})
	b.Run("net/http", func(b *testing.B) {
		body := []byte(`{"secret":"mdoq-is-awesome","text":"Job 22739 ended","status":{"id":1}}`)
		for b.Loop() {
			request, err := http.NewRequestWithContext(b.Context(), http.MethodPost, server.URL, bytes.NewReader(body))
			require.NoError(b, err)
			mac := hmac.New(sha256.New, []byte("mdoq-is-awesome"))
			fmt.Fprintf(mac, "dlv_1.%d.%s", time.Now().Unix(), body)
			request.Header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
			response, err := http.DefaultClient.Do(request)
			require.NoError(b, err)
			_, err = io.ReadAll(response.Body)
			require.NoError(b, err)
			require.NoError(b, response.Body.Close())
		}
	})
}
