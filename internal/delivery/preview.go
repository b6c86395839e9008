package delivery

import (
	"bytes"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/fields"
	"github.com/latch-run/latch/internal/mask"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/secret"
	"github.com/latch-run/latch/internal/urlmask"
)

// A Preview is the request of a delivery as a worker would send it, with the names of secrets,
// in brackets, in place of their values.
type Preview struct {
	Method string
	// URL has no credentials. If a secret is the URL, URL is the secret's name. If the webhook
	// has no URL, it is "".
	URL    string
	Header http.Header
	// Body is nil if the request has none, or if it cannot be rendered.
	Body []byte
}

// nameless renders previews. It knows the names of secrets but no values, and sends nothing.
var nameless = &Sender{secrets: secret.Placeholders(), maskers: mask.NewCache(), userAgent: "Latch/" + latch.Version, now: time.Now}

// Render renders the request of a delivery as far as possible, without the value
// of any secret. The webhook may be one that admission would refuse. The problems
// are everything that would make a worker fail, each with its path in the webhook.
func Render(r *protocol.WebhookRequest) (*Preview, latch.Problems) {
	d := nameless.newDraft(r, 1, nameless.now())
	d.record = &latch.RecordRequest{Method: d.Webhook.Method, ContentType: d.Webhook.ContentType}
	var problems latch.Problems
	add := func(path string, err error) {
		if err != nil {
			problems.Addf(path, "%s", excerpt.First(cleanText(err.Error()), maximumErrorBytes))
		}
	}
	shown := &Preview{Method: d.Webhook.Method, Header: d.header.written}
	if err := d.resolveSecrets(); err != nil { // not a valid name
		add("", err)
		return shown, problems
	}
	switch {
	case r.Webhook.Work() != "":
		return d.previewWork(problems)
	case r.Webhook.Analysis != nil && r.Webhook.Analysis.HTTP != nil:
		return d.previewAnalysis(problems)
	}
	address, err := d.previewTarget()
	add("url", err)
	d.templates.drop(fields.URLTemplate)
	shown.URL = address
	if err := d.writeBody(); err != nil {
		add("body", err)
		d.body = nil
	}
	d.templates.drop(fields.BodyTemplate)
	if len(d.body) > 0 {
		shown.Body = bytes.ToValidUTF8(d.body, []byte("\ufffd"))
	}
	add("headers", d.writeHeader())
	add("secret", d.sign())
	shown.Header = d.previewHeader()
	return shown, problems
}

// previewWork shows what work is given: its argument, or several as a list.
func (d *draft) previewWork(problems latch.Problems) (*Preview, latch.Problems) {
	work, err := d.compose()
	if err != nil {
		problems.Addf(d.Webhook.Work(), "%s", excerpt.First(cleanText(err.Error()), maximumErrorBytes))
	}
	shown := &Preview{Method: d.record.Method, URL: d.record.URL, Header: http.Header{}}
	switch len(work.Arguments) {
	case 0:
	case 1:
		shown.Body = work.Arguments[0]
	default:
		shown.Body = rawjson.Encode(work.Arguments)
	}
	return shown, problems
}

// previewAnalysis shows the request of the measurement, without its headers.
func (d *draft) previewAnalysis(problems latch.Problems) (*Preview, latch.Problems) {
	if err := d.templates.fillInRest(); err != nil {
		problems.Addf("analysis", "%s", excerpt.First(cleanText(err.Error()), maximumErrorBytes))
	}
	request := d.Webhook.Analysis.Request()
	shown := &Preview{Method: latch.WithDefaults(request).Method, URL: urlmask.URL(request.URL), Header: http.Header{}, Body: request.Body}
	if request.URLSecret != "" {
		shown.URL = secret.Placeholder(request.URLSecret)
	}
	return shown, problems
}

// drop removes the templates of the role that could not be rendered.
func (t *templates) drop(role fields.Role) {
	t.left = slices.DeleteFunc(t.left, func(f *fields.Field) bool { return f.Role == role })
}

// previewTarget sets the URL, and returns it as it is shown.
func (d *draft) previewTarget() (string, error) {
	switch {
	case d.Webhook.URLSecret != "":
		return secret.Placeholder(d.Webhook.URLSecret), d.templates.fillIn(fields.URLTemplate)
	case d.Webhook.URL == "":
		return "", nil
	}
	if err := d.findTarget(); err != nil {
		return "", err
	}
	if d.Webhook.TLS != nil && d.target.url.Scheme != "https" {
		return d.target.public, errors.New("its tls has no effect: it does not begin with https://")
	}
	return d.target.public, nil
}

// previewHeader returns the headers. A value that is made from a secret is replaced by the
// secret's name.
func (d *draft) previewHeader() http.Header {
	shown := d.header.written.Clone()
	if shown.Get(idempotencyKey) == "" {
		shown.Del(idempotencyKey)
	}
	if d.Webhook.Secret != "" {
		shown.Set("Webhook-Signature", "[signature with the secret "+d.Webhook.Secret+"]")
	}
	switch auth := d.Webhook.Auth; {
	case auth == nil:
	case auth.Basic != nil:
		shown.Set("Authorization", "Basic [base64 of "+auth.Basic.Username+":"+secret.Placeholder(auth.Basic.Password)+"]")
	case auth.OAuth2 != nil:
		shown.Set("Authorization", "Bearer [token from "+urlmask.URL(strings.ToValidUTF8(auth.OAuth2.TokenURL, "\ufffd"))+"]")
	}
	return shown
}
