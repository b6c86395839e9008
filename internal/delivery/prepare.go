package delivery

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/secret"
)

// A draft is a delivery's request while it is made.
type draft struct {
	*Request
	sender  *Sender
	attempt int
	now     time.Time

	// secrets are all that the webhook names, by name.
	secrets map[string]*secret.Secret
	masker  *masker
	target  target
	vars    expr.Variables
	header  http.Header
	body    []byte
}

// prepare makes an attempt's call and tells of it in made. It fails with a
// *PermanentError, before anything is sent.
func (s *Sender) prepare(r *Request, attempt int, made *Attempt) (*call, error) {
	d := &draft{Request: r, sender: s, attempt: attempt, now: made.StartedAt, vars: r.variables(), header: http.Header{}}
	subject := fmt.Sprintf("webhook %q", r.Webhook.ID)
	for _, step := range []func() error{d.resolveSecrets, d.findTarget, d.checkHosts, d.writeBody, d.writeHeader, d.sign} {
		if err := step(); err != nil {
			return nil, d.fail(subject, err)
		}
		if d.target.url != nil {
			subject = d.target.shown(r.Webhook.MethodOrDefault(), d.masker)
			made.Request = d.record()
		}
	}
	request := d.target.request(r.Webhook.MethodOrDefault(), d.header, d.body)
	return &call{request: request, target: subject, timeout: r.Webhook.TimeoutOrDefault(), masker: d.masker}, nil
}

// fail makes the error of a request that cannot be made. Its cause is kept
// where the text of it is known to have no secret.
func (d *draft) fail(subject string, err error) *PermanentError {
	c := &call{target: subject, masker: d.masker}
	failed := permanentf("%s", c.tell(err.Error()))
	var missing *secret.MissingError
	var host *secret.HostError
	switch {
	case errors.As(err, &missing):
		failed.cause = missing
	case errors.As(err, &host):
		failed.cause = host
	}
	return failed
}

// record tells of the request as a record shows it.
func (d *draft) record() *latch.RecordRequest {
	record := &latch.RecordRequest{Method: d.Webhook.MethodOrDefault(), URL: d.target.display(d.masker), Bytes: len(d.body)}
	if record.Method != http.MethodGet {
		record.ContentType = d.Webhook.ContentTypeOrDefault()
	}
	return record
}

// resolveSecrets finds every secret that the webhook names, and learns what
// must be masked from now on.
func (d *draft) resolveSecrets() error {
	names := []string{d.Webhook.Secret, d.Webhook.URLSecret}
	for _, header := range slices.Sorted(maps.Keys(d.Webhook.HeaderSecrets)) {
		names = append(names, d.Webhook.HeaderSecrets[header])
	}
	d.secrets = map[string]*secret.Secret{}
	texts := d.sender.proxySecrets()
	var problems []error
	for _, name := range names {
		if _, known := d.secrets[name]; known || name == "" {
			continue
		}
		found, err := d.sender.secrets.Lookup(name)
		if err != nil {
			problems = append(problems, err)
			continue
		}
		d.secrets[name] = found
		texts = append(texts, found.Texts()...)
		if name == d.Webhook.URLSecret {
			address, _ := found.Value()
			texts = append(texts, urlSecrets(address)...)
		}
	}
	d.masker = d.sender.maskers.of(texts)
	return errors.Join(problems...)
}

// findTarget renders the URL, or takes it from its secret.
func (d *draft) findTarget() error {
	address := ""
	if name := d.Webhook.URLSecret; name != "" {
		value, sendable := d.secrets[name].Value()
		if !sendable {
			return fmt.Errorf("secret %q only signs (it begins with whsec_) and is no URL", name)
		}
		address = value
	} else {
		var err error
		if address, err = render(d.Webhook.URL, expr.InURL, d.vars); err != nil {
			return fmt.Errorf("its url could not be rendered: %w", err)
		}
	}
	found, err := parseTarget(address)
	if err != nil {
		return fmt.Errorf("its url cannot be called: %w", err)
	}
	found.secret = d.Webhook.URLSecret != ""
	d.target = found
	return nil
}

// checkHosts holds every secret to the hosts that it is bound to, one that
// only signs too: a signature made for another host would be good here.
func (d *draft) checkHosts() error {
	var problems []error
	for _, name := range slices.Sorted(maps.Keys(d.secrets)) {
		problems = append(problems, d.secrets[name].MayGoTo(d.target.url.Hostname(), portOf(d.target.url)))
	}
	return errors.Join(problems...)
}

// sentSecret gives the value that goes out in header and body, "" for none.
func (d *draft) sentSecret() string {
	if d.Webhook.Secret == "" || !d.Webhook.SendsSecret() {
		return ""
	}
	value, sendable := d.secrets[d.Webhook.Secret].Value()
	if !sendable {
		return ""
	}
	return value
}

// writeHeader makes all headers but those of the signature.
func (d *draft) writeHeader() error {
	if err := writeHeaders(d.header, d.sender.userAgent, d.Webhook.Headers, d.vars); err != nil {
		return err
	}
	for _, header := range slices.Sorted(maps.Keys(d.Webhook.HeaderSecrets)) {
		name := d.Webhook.HeaderSecrets[header]
		value, sendable := d.secrets[name].Value()
		if !sendable {
			return fmt.Errorf("secret %q only signs (it begins with whsec_) and cannot stand in the header %s", name, header)
		}
		if err := setHeader(d.header, header, value); err != nil {
			return fmt.Errorf("secret %q: %w", name, err)
		}
	}
	if value := d.sentSecret(); value != "" {
		if err := setHeader(d.header, d.Webhook.SecretHeaderOrDefault(), value); err != nil {
			return fmt.Errorf("secret %q: %w", d.Webhook.Secret, err)
		}
	}
	if d.Webhook.MethodOrDefault() != http.MethodGet {
		if err := setHeader(d.header, "Content-Type", d.Webhook.ContentTypeOrDefault()); err != nil {
			return err
		}
	}
	if d.Lock != "" {
		if err := setHeader(d.header, "X-Latch-Lock", d.Lock); err != nil {
			return err
		}
	}
	return checkHeaderSize(d.header)
}

// sign adds the headers of Standard Webhooks, over the body as it is sent.
func (d *draft) sign() error {
	if err := setHeader(d.header, "Webhook-Id", d.DeliveryID); err != nil {
		return err
	}
	d.header.Set("Webhook-Timestamp", strconv.FormatInt(d.now.Unix(), 10))
	if d.Webhook.Secret == "" {
		return nil
	}
	var signatures []string
	for _, key := range d.secrets[d.Webhook.Secret].Keys() {
		signatures = append(signatures, signature(key, d.DeliveryID, d.now.Unix(), d.body))
	}
	d.header.Set("Webhook-Signature", strings.Join(signatures, " "))
	return nil
}

func (d *draft) writeBody() (err error) {
	if d.Webhook.MethodOrDefault() == http.MethodGet {
		return nil
	}
	if d.body, err = d.renderBody(); err != nil {
		return fmt.Errorf("its body could not be rendered: %w", err)
	}
	if len(d.body) > MaximumRequestBytes {
		return fmt.Errorf("its body has %d bytes, more than the limit of %d KiB", len(d.body), MaximumRequestBytes>>10)
	}
	return nil
}

func (d *draft) renderBody() ([]byte, error) {
	given := d.Webhook.BodyFor(d.Event)
	if given == nil {
		return d.defaultBody(), nil
	}
	kind := bodyKindOf(d.Webhook.ContentTypeOrDefault())
	body, err := renderBody(given, kind, d.vars)
	if err != nil {
		return nil, err
	}
	return fill(body, kind, []field{{"secret", d.sentSecret()}, {"lock", d.Lock}}), nil
}

// render compiles and renders one template.
func render(source string, place expr.Place, vars expr.Variables) (string, error) {
	template, err := expr.CompileTemplate(source, place)
	if err != nil {
		return "", err
	}
	return template.Render(vars)
}
