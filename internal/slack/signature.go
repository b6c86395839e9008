package slack

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Headers of a request that Slack sends (docs.slack.dev, "Verifying requests from Slack").
const (
	SignatureHeader = "X-Slack-Signature"
	TimestampHeader = "X-Slack-Request-Timestamp"
)

// Tolerance is how far a request's timestamp may be from now.
const Tolerance = 5 * time.Minute

// signatureVersion begins a signature, and what it signs.
const signatureVersion = "v0"

// Reasons for which a request is not taken for Slack's. [ErrLate] alone says that Slack signed
// it.
var (
	ErrUnsigned = errors.New("the headers " + SignatureHeader + " and " + TimestampHeader + " are required, once each")
	ErrVersion  = errors.New("the signature is not of version " + signatureVersion)
	ErrForged   = errors.New("the signature was not made for this body and time by this app's signing secret")
	ErrLate     = errors.New("the request's timestamp is more than five minutes from now")
)

// Verify checks the signature of a request by the app's signing secret, in constant time, and
// returns when Slack sent it.
func Verify(secret, body []byte, header http.Header, now time.Time) (time.Time, error) {
	given, stamp, err := headersOf(header)
	if err != nil {
		return time.Time{}, err
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return time.Time{}, ErrForged
	}
	version, signature, _ := strings.Cut(given, "=")
	if version != signatureVersion {
		return time.Time{}, ErrVersion
	}
	made, err := hex.DecodeString(signature)
	// Slack writes lower case; another spelling would be the same request once more.
	if err != nil || signature != strings.ToLower(signature) || len(secret) == 0 || !hmac.Equal(made, sum(secret, stamp, body)) {
		return time.Time{}, ErrForged
	}
	sent := time.Unix(seconds, 0).UTC()
	if now.Sub(sent).Abs() > Tolerance {
		return time.Time{}, ErrLate
	}
	return sent, nil
}

func headersOf(header http.Header) (signature, stamp string, err error) {
	signatures, stamps := header.Values(SignatureHeader), header.Values(TimestampHeader)
	if len(signatures) != 1 || len(stamps) != 1 || signatures[0] == "" || stamps[0] == "" {
		return "", "", ErrUnsigned
	}
	return signatures[0], stamps[0], nil
}

func sum(secret []byte, stamp string, body []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	fmt.Fprintf(mac, "%s:%s:", signatureVersion, stamp)
	mac.Write(body)
	return mac.Sum(nil)
}
