package chat

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/form"
	"github.com/latch-run/latch/internal/slack"
)

// Names in a modal.
const (
	// approveForm is the callback_id of the form of an approval.
	approveForm = "latch-approve-form"
	// reasonBlock is the block with the reason, and input the action_id of each input.
	reasonBlock = "reason"
	input       = "value"
)

// Limits of a modal and its inputs, in characters and elements (docs.slack.dev: "Modal views", and
// the reference of the input block, its elements and the option object).
const (
	maximumTitle   = 24
	maximumFields  = 90 // of 100 blocks
	maximumLabel   = 2_000
	maximumText    = 3_000
	maximumOptions = 100
	maximumOption  = 75
	// maximumVoteReason bounds the reason of a vote (contract, "Approvals").
	maximumVoteReason = 1_000
)

type object = map[string]any

// fieldBlock returns the block_id of a field. A field's name may be too long for one.
func fieldBlock(i int) string { return "field-" + strconv.Itoa(i) }

// fieldsOf returns the fields of a form, or one for a JSON object if the form names none.
func fieldsOf(source json.RawMessage) []form.Field {
	if fields := form.FieldsOf(source); len(fields) > 0 {
		return fields
	}
	return []form.Field{{Title: "Data", Help: "a JSON object", Kind: form.JSON}}
}

// ask opens the lock's form for the person who has clicked, who has three seconds until Slack
// does not open it any more.
func (a *app) ask(ctx context.Context, done *slack.Interaction, lock slack.Value, record *latch.Record, open *latch.OpenLock) {
	asked := latch.LockRelease{Lock: lock.Lock, Digest: lock.Digest}
	if other := asked.OtherDigest(record.Lock); other != "" {
		a.tell(ctx, done.ResponseURL, other)
		return
	}
	fields := fieldsOf(open.Form)
	kept, err := carry(lock, done.ResponseURL, done.Message)
	if err != nil || len(fields) > maximumFields {
		a.tell(ctx, done.ResponseURL, "This lock's form does not fit into Slack. Open the lock's page.")
		return
	}
	if err := a.slack.OpenView(ctx, done.TriggerID, modal(open, fields, kept)); err != nil {
		a.core.Logger.WarnContext(ctx, "cannot open a form in Slack", "error", err)
		a.tell(ctx, done.ResponseURL, "Slack did not open the form. Click again, or open the lock's page.")
	}
}

// modal returns the view of a lock's form.
func modal(open *latch.OpenLock, fields []form.Field, kept string) object {
	about := fmt.Sprintf("%s holds %s at %s.", open.Webhook, cmp.Or(open.Title, open.Release, open.Job, "a run"), open.Event)
	blocks := []object{{"type": "section", "text": plain(about, maximumText)}}
	for i, field := range fields {
		block := object{"type": "input", "block_id": fieldBlock(i), "optional": !field.Required,
			"label": plain(field.Title, maximumLabel), "element": element(field)}
		if field.Help != "" {
			block["hint"] = plain(field.Help, maximumLabel)
		}
		blocks = append(blocks, block)
	}
	blocks = append(blocks, object{"type": "input", "block_id": reasonBlock, "optional": true,
		"label": plain("Reason, for the record", maximumLabel),
		"element": object{"type": "plain_text_input", "action_id": input, "multiline": true,
			"max_length": maximumVoteReason}})
	return object{"type": "modal", "callback_id": approveForm, "private_metadata": kept,
		"title": plain("Approve", maximumTitle), "submit": plain("Approve", maximumTitle), "close": plain("Cancel",
			maximumTitle), "blocks": blocks}
}

// notice returns a modal that only says something.
func notice(text string) object {
	return object{"type": "modal", "title": plain("Approve", maximumTitle), "close": plain("Close", maximumTitle),
		"blocks": []object{{"type": "section", "text": plain(text, maximumText)}}}
}

// element returns the input of a field.
func element(field form.Field) object {
	switch {
	case field.Kind == form.Boolean:
		return choice([]string{"yes", "no"}, []string{"true", "false"}, field.Default)
	case field.Kind == form.Choice && len(field.Options) <= maximumOptions:
		places := make([]string, len(field.Options))
		preset := ""
		for i, option := range field.Options {
			places[i] = strconv.Itoa(i)
			if field.Default == option && preset == "" {
				preset = places[i]
			}
		}
		return choice(field.Options, places, preset)
	}
	made := object{"type": "plain_text_input", "action_id": input, "max_length": maximumText}
	if field.Kind == form.JSON {
		made["multiline"] = true
	}
	if field.Kind == form.Number {
		made = object{"type": "number_input", "action_id": input, "is_decimal_allowed": true}
	}
	if fits(field) {
		made["initial_value"] = field.Default
	}
	return made
}

// fits reports whether the field's default may stand in its input.
func fits(field form.Field) bool {
	var number json.Number
	if field.Kind == form.Number && json.Unmarshal([]byte(field.Default), &number) != nil {
		return false
	}
	return field.Default != "" && utf8.RuneCountInString(field.Default) <= maximumText
}

// choice returns a select of texts that stand for values.
func choice(texts, values []string, preset string) object {
	made := object{"type": "static_select", "action_id": input}
	var options []object
	for i, text := range texts {
		option := object{"text": plain(cmp.Or(text, `""`), maximumOption), "value": values[i]}
		if values[i] == preset && preset != "" {
			made["initial_option"] = option
		}
		options = append(options, option)
	}
	made["options"] = options
	return made
}

// filledIn returns what was filled into a field, as [form.Read] takes it.
func filledIn(field form.Field, given slack.Input) string {
	if given.Selected == nil {
		return given.Value
	}
	if field.Kind != form.Choice {
		return given.Selected.Value
	}
	place, err := strconv.Atoi(given.Selected.Value)
	if err != nil || place < 0 || place >= len(field.Options) {
		return given.Selected.Value
	}
	return field.Options[place]
}

// plain returns a text object of at most so many characters.
func plain(text string, most int) object {
	if utf8.RuneCountInString(text) > most {
		text = string(slices.Concat([]rune(text)[:most-1], []rune("…")))
	}
	return object{"type": "plain_text", "text": text}
}

// wrongFields returns what is wrong with each field, by its block.
func wrongFields(fields []form.Field, problems latch.Problems) map[string]string {
	wrong := map[string]string{}
	for _, problem := range problems {
		at, longest := fieldBlock(0), -1
		if problem.Path == reasonBlock {
			at, longest = reasonBlock, 0
		}
		for i, field := range fields {
			if within(problem.Path, "data."+field.Name) && len(field.Name) > longest {
				at, longest = fieldBlock(i), len(field.Name)
			}
		}
		text := problem.Message
		if longest < 0 {
			text = problem.String()
		}
		if wrong[at] != "" {
			text = wrong[at] + "; " + text
		}
		wrong[at] = excerpt.Within(text, maximumLabel)
	}
	return wrong
}

// within reports whether a path is that of a value or of something in it.
func within(path, of string) bool {
	if len(path) <= len(of) {
		return path == of
	}
	return path[:len(of)] == of && (path[len(of)] == '.' || path[len(of)] == '[')
}
