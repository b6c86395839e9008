package console

import (
	"encoding/base64"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/console/piece"
)

// What was typed into a form is not lost if the form is rejected because the
// session has ended or its signature has expired: the page is shown with it
// again, and nothing is done before its button is pressed once more.

const (
	// keptField carries a form through the login, as the base64 of its values.
	keptField = "kept"
	// maximumKept bounds the encoded form, in bytes.
	maximumKept = 1 << 20
	// formField carries a form's signature, and formName its id.
	formField, formName = "form", "of"
)

// keep encodes a form for [visit.resume], or returns "" if it is too large. It
// leaves out the signature, because the page issues a new one.
func keep(sent url.Values) string {
	rest := maps.Clone(sent)
	rest.Del(formField)
	if kept := base64.RawURLEncoding.EncodeToString([]byte(rest.Encode())); len(kept) <= maximumKept {
		return kept
	}
	return ""
}

// kept decodes the result of keep.
func kept(text string) (url.Values, error) {
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil, err
	}
	return url.ParseQuery(string(decoded))
}

// resume shows the page with what was sent in its form again, and does nothing.
// word says why. Callers who may not do what the form does are told so instead.
func (v *visit) resume(sent url.Values, status int, word piece.Notice) *answer {
	if do, known := v.page.actions[sent.Get("action")]; known && !v.may(do.role) {
		return v.tooSmall(do.role)
	}
	v.sent = sent
	v.sent.Del("confirmed")
	made := v.answerOf((*visit).again)
	if made.status != http.StatusOK {
		return v.withSent(made)
	}
	made.data = fillForm(made.data, sent.Get(formName), sent)
	made.status, made.word = status, &word
	return made
}

// again makes the page that shows a form again: by the page's own function, if
// it has one that applies, or else as usual.
func (v *visit) again() (*answer, error) {
	if v.page.again != nil {
		if made, err := v.page.again(v); made != nil || err != nil {
			return made, err
		}
	}
	return v.page.show(v)
}

// fillForm returns a page's data with sent filled into the form with the id,
// wherever in the data that is.
func fillForm(data any, id string, sent url.Values) any {
	if data == nil || id == "" {
		return data
	}
	filled := reflect.New(reflect.TypeOf(data)).Elem()
	filled.Set(reflect.ValueOf(data))
	eachForm(filled, func(form *piece.Form) {
		if form.ID == id && form.Proof != "" {
			form.Fill(sent)
		}
	})
	return filled.Interface()
}

// eachForm calls do with each form in a page's data.
func eachForm(value reflect.Value, do func(*piece.Form)) {
	if form, is := value.Interface().(piece.Form); is && value.CanSet() {
		do(&form)
		value.Set(reflect.ValueOf(form))
		return
	}
	switch value.Kind() {
	case reflect.Pointer:
		if !value.IsNil() {
			eachForm(value.Elem(), do)
		}
	case reflect.Slice:
		for i := range value.Len() {
			eachForm(value.Index(i), do)
		}
	case reflect.Struct:
		for i := range value.NumField() {
			if value.Type().Field(i).IsExported() {
				eachForm(value.Field(i), do)
			}
		}
	}
}

// keptPage is the data of a page that explains why a form was not processed,
// and that contains what was sent.
type keptPage struct {
	Notice piece.Notice
	Form   piece.Form
}

// withSent adds to a refusal a form with all that was sent, so that it can be
// sent again once the obstacle is gone.
func (v *visit) withSent(refused *answer) *answer {
	notice, is := refused.data.(piece.Notice)
	if !is || refused.status < http.StatusInternalServerError {
		return refused
	}
	form := v.form(v.sent.Get(formName))
	for _, name := range slices.Sorted(maps.Keys(v.sent)) {
		if name == formField || name == formName || name == "action" {
			continue
		}
		for _, value := range v.sent[name] {
			form.Hidden = append(form.Hidden, piece.Hidden{Name: name, Value: value})
		}
	}
	form.Buttons = []piece.Button{{Value: v.sent.Get("action"), Label: "Send it again", Look: piece.LookFirst, Help: "What you typed is kept in this page."}}
	refused.template, refused.data = "kept", keptPage{notice, form}
	return refused
}

// confirmAgain is [page.again] for pages whose actions ask first. Without the
// confirmation, these actions only ask.
func confirmAgain(asking ...string) func(*visit) (*answer, error) {
	return func(v *visit) (*answer, error) {
		name := v.sent.Get("action")
		if !slices.Contains(asking, name) {
			return nil, nil
		}
		return v.page.actions[name].do(v)
	}
}

// hookAgain is [page.again] for a webhook's page, whose form has as many events
// as were typed.
func (v *visit) hookAgain() (*answer, error) {
	if v.sent.Get(formName) != hookFormID {
		return nil, nil
	}
	return v.showMore()
}

// releaseAsks are the actions on a release that ask first.
var releaseAsks = []string{latch.MessageStop, latch.MessageRollback, latch.MessageSkip, latch.MessageRetry, skipStepAction}

// gateAsks are the actions on a gate that ask first.
var gateAsks = []string{latch.MessageStop, latch.MessageRollback, latch.MessageSkip}
