// Command receiver is a webhook receiver that checks Latch's signature, with
// the standard library alone. The secret comes from LATCH_SECRET, the address
// from LISTEN. With ORDERED=1 it handles the deliveries of a run in order.
package main

import (
	"bytes"
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

// tolerance is how far the sender's clock may be off; an older request may be
// a replay.
const tolerance = 5 * time.Minute

func main() {
	secret := []byte(os.Getenv("LATCH_SECRET"))
	key, err := signingKey(string(secret))
	if err != nil {
		log.Fatalf("LATCH_SECRET: %v", err)
	}
	handled := order{kept: os.Getenv("ORDERED") == "1", ids: map[string]bool{}}
	http.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, "body too large", http.StatusRequestEntityTooLarge)
			return
		}
		if err := verify(key, r.Header, body, time.Now()); err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
		handle := func() {
			fmt.Printf("%s %s\n", r.Header.Get("webhook-id"), bytes.ReplaceAll(body, secret, []byte("***")))
		}
		if err := handled.take(r.Header, handle); err != nil {
			http.Error(w, err.Error(), http.StatusTooEarly) // Latch tries again
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]string{"result": "pass"})
	})
	address := cmp.Or(os.Getenv("LISTEN"), "127.0.0.1:8080")
	log.Printf("listening on %s", address)
	log.Fatal(http.ListenAndServe(address, nil))
}

// An order handles each delivery once and, if it is kept, after the one before it. A
// receiver that runs in several processes, or restarts, keeps the ids in its database.
type order struct {
	kept  bool
	mutex sync.Mutex
	ids   map[string]bool
}

// take handles a delivery unless it was handled before. The error is that it came
// before its time.
func (o *order) take(header http.Header, handle func()) error {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	id, previous := header.Get("webhook-id"), header.Get("webhook-previous-id")
	if o.kept && previous != "" && !o.ids[previous] {
		return fmt.Errorf("number %s came before %s", header.Get("webhook-sequence"), previous)
	}
	if !o.ids[id] {
		handle()
		o.ids[id] = true
	}
	return nil
}

// signingKey returns the bytes that sign: what stands behind whsec_, decoded, or
// the secret itself.
func signingKey(secret string) ([]byte, error) {
	if encoded, found := strings.CutPrefix(secret, "whsec_"); found {
		return base64.StdEncoding.DecodeString(encoded)
	}
	if secret == "" {
		return nil, errors.New("is not set")
	}
	return []byte(secret), nil
}

// verify checks a request as Standard Webhooks has it: one of the signatures
// is the HMAC of id, timestamp and body.
func verify(key []byte, header http.Header, body []byte, now time.Time) error {
	id, timestamp := header.Get("webhook-id"), header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	if err != nil || now.Sub(time.Unix(seconds, 0)).Abs() > tolerance {
		return errors.New("webhook-timestamp is missing or too far off")
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%s.", id, timestamp)
	mac.Write(body)
	for _, signature := range strings.Fields(header.Get("webhook-signature")) {
		version, encoded, _ := strings.Cut(signature, ",")
		given, err := base64.StdEncoding.DecodeString(encoded)
		if version == "v1" && err == nil && hmac.Equal(given, mac.Sum(nil)) {
			return nil
		}
	}
	return errors.New("webhook-signature does not fit")
}
