package delivery

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
	"github.com/latch-run/latch/internal/fields"
	"github.com/latch-run/latch/internal/mask"
	"github.com/latch-run/latch/internal/protocol"
)

// A draft is a delivery's request while it is being written.
type draft struct {
	// WebhookRequest is the input. It is never changed.
	*protocol.WebhookRequest
	// Webhook is the draft's own copy, with the body that is sent at the event. Templates are
	// replaced by their values as they are rendered.
	Webhook   latch.Webhook
	templates templates
	sender    *Sender
	attempt   int
	now       time.Time

	// secretNames are all secrets that the webhook names. secrets are those that exist.
	secretNames []string
	secrets     keyring
	access      access
	masked      []string
	masker      *mask.Masker
	target      target
	vars        expr.Variables // the variables of templates; nil until they are needed
	header      headerWriter
	body        []byte
	// record describes the request as records show it; nil until its URL is
	// known.
	record *latch.RecordRequest
}

// prepare writes an attempt's call and describes it in made. It fails with a *PermanentError
// before anything is sent.
func (s *Sender) prepare(r *protocol.WebhookRequest, attempt int, made *Attempt) (*call, error) {
	d := s.newDraft(r, attempt, made.StartedAt)
	err := d.write()
	made.Request = d.record
	if err != nil {
		return nil, (&call{target: d.subject(), masker: d.masker}).fail(err)
	}
	c := &call{request: outgoing{d.Webhook.Method, d.target.url, d.header.written, d.body}, target: d.subject(),
		timeout: time.Duration(d.Webhook.Timeout), retry: r.Webhook.Retry, secrets: d.masked, masker: d.masker, delivery: r, attempt: attempt, redaction: s.redactionOf(r.Webhook.Redact)}
	if err := s.admit(c, &d.access); err != nil {
		return nil, c.fail(err)
	}
	return c, nil
}

func (s *Sender) newDraft(r *protocol.WebhookRequest, attempt int, now time.Time) *draft {
	d := &draft{WebhookRequest: r, Webhook: r.Webhook, sender: s, attempt: attempt, now: now, header: newHeaderWriter()}
	d.Webhook.Body = r.Webhook.BodyFor(r.Event)
	d.Webhook.Events = nil // nothing else of the webhook is sent
	fields.SetDefaults(&d.Webhook)
	fields.Detach(&d.Webhook)
	if d.Webhook.Method == http.MethodGet {
		d.Webhook.Body = nil
	}
	found := fields.Of(&d.Webhook)
	d.secretNames = fields.Texts(found, fields.Secret)
	d.templates = templatesIn(found, d.variables, escapeFor(r.Webhook.Preset))
	return d
}

// write turns the draft into a request, step by step.
func (d *draft) write() error {
	if err := d.checkShape(); err != nil {
		return err
	}
	if err := d.resolveSecrets(); err != nil {
		return err
	}
	if err := d.findTarget(); err != nil {
		return err
	}
	if err := d.checkHosts(); err != nil {
		return err
	}
	if err := d.writeBody(); err != nil {
		return err
	}
	if err := d.writeHeader(); err != nil {
		return err
	}
	return d.sign()
}

// subject names the request in errors.
func (d *draft) subject() string {
	if d.record == nil {
		return fmt.Sprintf("webhook %q", d.Webhook.ID)
	}
	return d.record.Method + " " + d.record.URL
}

// describe starts the record of the request, as soon as its URL is known.
func (d *draft) describe() {
	d.record = &latch.RecordRequest{Method: d.Webhook.Method, URL: d.target.display(d.masker)}
	if d.record.Method != http.MethodGet {
		d.record.ContentType = d.contentType()
	}
}

// resolveSecrets looks up every secret that the webhook names, and adds their texts to what is
// masked.
func (d *draft) resolveSecrets() error {
	found, texts, missing := d.sender.lookup(d.secretNames)
	d.secrets = found
	var err error
	d.access, err = d.sender.newAccess(d.Webhook.Auth, d.Webhook.TLS, found)
	d.masked = append(append(texts, urlTexts(found, d.Webhook.URLSecret)...), d.access.texts()...)
	d.masker = d.sender.maskerOf(d.masked)
	if a := d.Webhook.Analysis; a != nil && a.HTTP != nil { // a preview shows its request
		_, wrong := d.sender.newAccess(a.HTTP.Auth, a.HTTP.TLS, found)
		err = errors.Join(err, wrong)
	}
	return errors.Join(missing, err)
}

// findTarget renders the URL, or takes it from its secret.
func (d *draft) findTarget() error {
	found, err := d.templates.targetOf(d.Webhook.URLSecret, &d.Webhook.URL, d.secrets)
	if err != nil {
		return err
	}
	d.target = found
	d.describe()
	if len(d.target.credentials) > 0 {
		d.masked = append(d.masked, d.target.credentials...)
		d.masker = d.sender.maskerOf(d.masked)
	}
	return nil
}

// checkHosts checks that every secret may go to the host, including secrets that only sign: a
// signature made for another host would be valid here.
func (d *draft) checkHosts() error {
	return mayGoTo(d.secrets, d.target, d.Webhook.TLS)
}

// sentSecret returns the secret that the header and the body contain, or "".
func (d *draft) sentSecret() string {
	if d.Webhook.Secret == "" || !d.Webhook.SendsSecret() {
		return ""
	}
	value, sendable := d.secrets.of(d.Webhook.Secret).Value()
	if !sendable {
		return ""
	}
	return value
}

// writeHeader writes all headers except those of the signature.
func (d *draft) writeHeader() error {
	if err := d.templates.fillInRest(); err != nil {
		return err
	}
	if err := writeHeaders(&d.header, d.sender.userAgent, d.DeliveryID, d.Webhook.Headers); err != nil {
		return err
	}
	if err := writeHeaderSecrets(&d.header, d.Webhook.HeaderSecrets, d.secrets); err != nil {
		return err
	}
	if value := d.sentSecret(); value != "" {
		if err := d.header.set(d.Webhook.SecretHeader, value); err != nil {
			return fmt.Errorf("secret %q: %w", d.Webhook.Secret, err)
		}
	}
	if err := d.access.writeHeader(&d.header); err != nil {
		return err
	}
	if d.Webhook.Method != http.MethodGet {
		if err := d.header.set("Content-Type", d.record.ContentType); err != nil {
			return err
		}
	}
	if err := d.writeAttributes(); err != nil {
		return err
	}
	if d.Lock != "" {
		if err := d.header.set("X-Latch-Lock", d.Lock); err != nil {
			return err
		}
	}
	return d.header.checkSize()
}

func (d *draft) writeBody() error {
	if d.Webhook.Method == http.MethodGet {
		return nil
	}
	if d.Ready != nil {
		d.body = d.Ready
		d.record.Bytes, d.record.ContentType = len(d.body), d.contentType()
		return nil
	}
	hasOwn := d.Webhook.Body != nil
	if err := d.templates.fillIn(fields.BodyTemplate); err != nil {
		return err
	}
	if hasOwn {
		d.body = d.completed(d.Webhook.Body)
	} else {
		d.body = d.defaultBody()
	}
	var err error
	if d.body, err = d.withButtons(d.body); err != nil {
		return err
	}
	d.body = d.wrap(d.body)
	if len(d.body) > MaximumRequestBytes {
		return fmt.Errorf("its body has %d bytes, more than the limit of %d KiB", len(d.body), MaximumRequestBytes>>10)
	}
	d.record.Bytes, d.record.ContentType = len(d.body), d.contentType()
	return checkPreset(d.Webhook.Preset, d.body)
}

// completed returns the user's body with the fields that Latch adds.
func (d *draft) completed(body []byte) []byte {
	if d.Webhook.Preset == latch.PresetDiscord {
		body = pingNobody(body)
	}
	return fill(body, latch.BodyKindOf(d.Webhook.ContentType), []field{{"secret", d.sentSecret()}, {"lock", d.Lock}})
}

// variables returns the variables of the webhook's templates.
func (d *draft) variables(template reader) expr.Variables {
	if d.vars == nil {
		if !template.Reads(ownVariables...) {
			return d.Variables
		}
		d.vars = variablesOf(d.WebhookRequest)
	}
	return d.vars
}
