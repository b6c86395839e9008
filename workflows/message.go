package workflows

import (
	"fmt"
	"maps"
	"strings"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/protocol"
	"github.com/latch-run/latch/internal/rawjson"
	"github.com/latch-run/latch/internal/verdict"
)

// maximumRejected bounds how many refused signals the query status lists. The oldest are
// dropped first.
const maximumRejected = 50

// maximumRefusal bounds the text of each, in bytes.
const maximumRefusal = 1 << 10

// A message is one of the names that a run accepts as a signal and as an update. Both use the
// same handler.
type message struct {
	name string
	// check refuses a message without changing anything.
	check func(data []byte, from sender) error
	// clear refuses data without a meaning. It may be nil. It is separate, because older runs
	// may have accepted such signals.
	clear func(data []byte) error
	// take carries out the message and returns the update's answer.
	take func(ctx workflow.Context, data []byte, from sender) (any, error)
}

// A sender is the origin of a message.
type sender struct {
	// via is the record's name for the way: [latch.ViaUpdate] and the like.
	via string
	// admin reports that the sender may skip hooks of enforced webhooks. The API confirms it by
	// the update's id. A client with direct access to Temporal may do whatever Temporal allows.
	admin bool
}

// signalled is the sender of every signal.
var signalled = sender{via: latch.ViaSignal, admin: true}

// senderOf returns the sender of the current update, by the update's id.
func senderOf(ctx workflow.Context) sender {
	info := workflow.GetCurrentUpdateInfo(ctx)
	switch {
	case info == nil:
		return sender{via: latch.ViaUpdate, admin: true}
	case strings.HasPrefix(info.ID, protocol.UpdateByAdmin):
		return sender{via: latch.ViaAPI, admin: true}
	case strings.HasPrefix(info.ID, protocol.UpdateViaAPI):
		return sender{via: latch.ViaAPI}
	case strings.HasPrefix(info.ID, protocol.UpdateViaPage):
		return sender{via: latch.ViaPage}
	default:
		return sender{via: latch.ViaUpdate, admin: true}
	}
}

// maximumMessage bounds a message's argument, in bytes.
const maximumMessage = 256 << 10

// examine refuses a message that is too large or that check refuses.
func (m message) examine(data []byte, from sender) error {
	if len(data) > maximumMessage {
		return refusal(latch.ErrorInvalidArgument, "%s: the argument has %d bytes; the limit is %d", m.name, len(data), maximumMessage)
	}
	return m.check(data, from)
}

// validate refuses an update before it is accepted.
func (m message) validate(data []byte, from sender) error {
	if err := m.examine(data, from); err != nil || m.clear == nil {
		return err
	}
	return m.clear(data)
}

func (s *session) messages() []message {
	messages := s.commonMessages()
	if pauses, is := s.subject.(pausing); is {
		messages = append(messages, message{latch.MessageRetry, pauses.checkRetry, nil, pauses.retry})
	}
	return messages
}

// commonMessages returns the messages that every run accepts.
func (s *session) commonMessages() []message {
	return []message{
		{latch.MessageReleaseLock, s.checkReleaseLock, s.clearRelease, s.releaseLock},
		{latch.MessageRecord, s.checkRecord, s.clearRecord, s.updateRecord},
		{latch.MessageSkip, s.checkSkip, nil, s.skip},
		{latch.MessageStop, s.checkControl(latch.MessageStop), nil, s.takeControl(latch.Stop)},
		{latch.MessageRollback, s.checkControl(latch.MessageRollback), nil, s.takeControl(latch.Rollback)},
	}
}

// answer sets the run's handlers: queries, updates, and a coroutine for each signal.
func (s *session) answer(ctx workflow.Context) error {
	if err := workflow.SetQueryHandler(ctx, latch.QueryStatus, func() (latch.Status, error) { return s.snapshot(), nil }); err != nil {
		return err
	}
	if err := workflow.SetQueryHandler(ctx, latch.QueryHistory, s.queryHistory); err != nil {
		return err
	}
	if err := workflow.SetQueryHandler(ctx, protocol.QuerySent, func(id string) (protocol.Sent, error) { return s.sent(id), nil }); err != nil {
		return err
	}
	if err := workflow.SetQueryHandler(ctx, protocol.QuerySentOf,
		func(ids []string) ([]protocol.Sent, error) { return s.sentOf(ids), nil }); err != nil {
		return err
	}
	for _, m := range s.messages() {
		handler := func(ctx workflow.Context, argument converter.RawValue) (any, error) {
			return m.take(ctx, payloadJSON(argument), senderOf(ctx))
		}
		validator := func(ctx workflow.Context, argument converter.RawValue) error {
			return m.validate(payloadJSON(argument), senderOf(ctx))
		}
		err := workflow.SetUpdateHandlerWithOptions(ctx, m.name, handler, workflow.UpdateHandlerOptions{Validator: validator})
		if err != nil {
			return err
		}
		workflow.GoNamed(s.detached, "signal "+m.name, func(ctx workflow.Context) { s.listen(ctx, m) })
	}
	return nil
}

func (s *session) queryHistory(argument converter.RawValue) ([]latch.Record, error) {
	var query latch.HistoryQuery
	if err := query.Decode(payloadJSON(argument)); err != nil {
		return nil, fmt.Errorf("query history: %s", strings.ToValidUTF8(err.Error(), "\uFFFD"))
	}
	return s.history.list(query)
}

// sent answers the query for what was sent for a delivery.
func (s *session) sent(id string) protocol.Sent {
	for _, firing := range s.firings {
		for _, hook := range firing.hooks {
			if hook.record != nil && hook.record.DeliveryID == id {
				if sent := hook.sent(); sent.Send != nil {
					return sent
				}
			}
		}
	}
	return protocol.Sent{}
}

// sentOf answers the query for what was sent for many deliveries.
func (s *session) sentOf(ids []string) []protocol.Sent {
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	found, room := []protocol.Sent{}, protocol.MaximumSentOf
	for _, firing := range s.firings {
		for _, hook := range firing.hooks {
			if hook.record == nil || !wanted[hook.record.DeliveryID] {
				continue
			}
			sent := hook.sent()
			if sent.Send == nil {
				continue
			}
			if room -= len(rawjson.Encode(sent)); room < 0 && len(found) > 0 {
				return found
			}
			found = append(found, sent)
		}
	}
	return found
}

// sent returns what was sent for the hook's delivery, without a Send if it was not sent.
func (h *hook) sent() protocol.Sent {
	send := &h.attempt.send
	if send.Request.DeliveryID != h.record.DeliveryID {
		return protocol.Sent{}
	}
	return protocol.Sent{Send: send, UnderWay: h.state == verdict.UnderWay && h.record.HandedTo == ""}
}

func (s *session) takeSignal(ctx workflow.Context, m message, argument converter.RawValue) {
	s.signalsUnderWay++
	defer func() { s.signalsUnderWay-- }()
	data := payloadJSON(argument)
	err := m.examine(data, signalled)
	if err == nil && m.clear != nil {
		if err = m.clear(data); err != nil && !knows(ctx, clearData) {
			err = nil
		}
	}
	if err == nil {
		err = m.crowded(ctx)
	}
	if err == nil {
		_, err = m.take(ctx, data, signalled)
	}
	if err == nil {
		return
	}
	s.rejected = append(s.rejected, latch.Rejected{Name: m.name, Error: excerpt.Of(rootMessage(err), maximumRefusal), At: s.now()})
	if len(s.rejected) > maximumRejected {
		s.rejected = s.rejected[1:]
	}
	s.show()
}

// maximumEvents is the number of events up to which a run accepts every signal. Temporal
// suggests to continue as new long before, and ends a run that has 51,200 events. The rest
// suffices for the 10,000 signals that Temporal accepts for one run.
const maximumEvents = 20_000

// crowded refuses a signal that can be repeated without limit, and that costs further events,
// if a run that cannot continue as new yet has too many events.
func (m message) crowded(ctx workflow.Context) error {
	if m.name != latch.MessageRecord {
		return nil
	}
	if events := workflow.GetInfo(ctx).GetCurrentHistoryLength(); events <= maximumEvents || !knows(ctx, crowdedOut) {
		return nil
	}
	return refusal(latch.ErrorTooLate, "%s: the run's history has more than %d events; "+
		"send it again once the step or task under way has ended", m.name, maximumEvents)
}

// takeMessages processes the messages that came with the current workflow task. Otherwise a
// release that waited for a step could begin the next one before it processes a stop that
// arrived during the step.
func takeMessages(ctx workflow.Context) {
	taken := false
	workflow.Go(ctx, func(workflow.Context) { taken = true }) // runs after the coroutines that take messages
	await(disconnect(ctx), func() bool { return taken })
}

// drainSignals takes the signals that have arrived but were not received yet.
func (s *session) drainSignals(ctx workflow.Context) {
	for _, m := range s.messages() {
		channel := workflow.GetSignalChannel(ctx, m.name)
		for {
			var argument converter.RawValue
			if !channel.ReceiveAsync(&argument) {
				break
			}
			s.takeSignal(ctx, m, argument)
		}
	}
}

// payloadJSON returns an argument as JSON text. Other content is returned unchanged, for the
// decoder to refuse.
func payloadJSON(argument converter.RawValue) []byte {
	payload := argument.Payload()
	if payload == nil {
		return nil
	}
	if string(payload.GetMetadata()[converter.MetadataEncoding]) == converter.MetadataEncodingNil {
		return []byte("null")
	}
	return payload.GetData()
}

// byToken returns the hook of a lock.
func (s *session) byToken(token string) (*hook, error) {
	for _, firing := range s.firings {
		for _, hook := range firing.hooks {
			if hook.record != nil && hook.record.Lock != nil && hook.record.Lock.Token == token {
				return hook, nil
			}
		}
	}
	if !strings.HasPrefix(token, s.execution.ID+":") {
		return nil, refusal(latch.ErrorUnknownLock, "lock %q is of another run: a lock begins with its workflow id, here %q", token, s.execution.ID)
	}
	return nil, refusal(latch.ErrorUnknownLock, "lock %q is unknown to this run", token)
}

func (s *session) decodeReleaseLock(data []byte) (*hook, latch.LockRelease, error) {
	var release latch.LockRelease
	if err := release.Decode(data); err != nil {
		return nil, release, invalidArgument(err)
	}
	hook, err := s.byToken(release.Lock)
	return hook, release, err
}

// checkReleaseLock also refuses a removal that comes too late for a used lock. It does so only
// here: an update that an earlier version accepted is answered as before.
func (s *session) checkReleaseLock(data []byte, _ sender) error {
	h, release, err := s.decodeReleaseLock(data)
	if err != nil || h.record.Lock.Open() {
		return err
	}
	if late := release.RefusedBy(h.record); late != "" {
		return temporal.NewApplicationErrorWithOptions(late, latch.ErrorTooLate,
			temporal.ApplicationErrorOptions{NonRetryable: true, Details: []any{*h.record}})
	}
	return nil
}

func (s *session) clearRelease(data []byte) error {
	h, release, err := s.decodeReleaseLock(data)
	if err != nil || !h.record.Lock.Open() {
		return err // a used lock answers with its record in any case
	}
	return h.unclear(withResult(release.Data, release.Result))
}

// withResult returns data with the result, if there is one.
func withResult(data latch.Object, result string) latch.Object {
	if result == "" {
		return data
	}
	with := latch.Object{}
	maps.Copy(with, data)
	with[latch.KeyResult] = rawjson.Encode(result)
	return with
}

// releaseLock removes a lock and answers with its record once the hook is decided. A used lock
// answers with its record, unchanged.
func (s *session) releaseLock(ctx workflow.Context, data []byte, from sender) (any, error) {
	h, release, err := s.decodeReleaseLock(data)
	if err != nil {
		return nil, err
	}
	used := !h.record.Lock.Open()
	if !used {
		h.released(release, from.via)
		h.firing.changed = true
	}
	if err := workflow.Await(ctx, func() bool { return h.decision != "" || h.firing.decided }); err != nil {
		return nil, err
	}
	return latch.Released{Record: *h.record, Unchanged: used}, nil
}

// unclear refuses external data whose decisive keys have no meaning. Keys for which the hook
// has expressions may have any value.
func (h *hook) unclear(data latch.Object) error {
	own := map[string]string{latch.KeyResult: h.settings.Result, latch.KeyStopRelease: h.settings.StopRelease, latch.KeyRollbackRelease: h.settings.RollbackRelease}
	var problems latch.Problems
	for _, key := range latch.DecisiveKeys {
		counts := h.firing.scope.Asks() || key == latch.KeyResult && h.hasSay
		if err := data.Understood(key); err != nil && counts && own[key] == "" {
			problems.Addf("", "data.%v", err)
		}
	}
	if len(problems) > 0 {
		return invalidArgument(problems)
	}
	return nil
}

func (s *session) decodeRecord(data []byte) (*hook, latch.RecordUpdate, error) {
	var update latch.RecordUpdate
	if err := update.Decode(data); err != nil {
		return nil, update, invalidArgument(err)
	}
	for _, firing := range s.firings {
		for _, hook := range firing.hooks {
			if hook.record == nil || hook.record.DeliveryID != update.DeliveryID {
				continue
			}
			if !firing.mayStillChange() {
				return nil, update, refusal(latch.ErrorTooLate, "%s is decided: its records stand", firing.event)
			}
			return hook, update, nil
		}
	}
	return nil, update, refusal(latch.ErrorInvalidArgument, "delivery_id: no record of this run has the delivery id %q", update.DeliveryID)
}

func (s *session) checkRecord(data []byte, _ sender) error {
	_, _, err := s.decodeRecord(data)
	return err
}

func (s *session) clearRecord(data []byte) error {
	h, update, err := s.decodeRecord(data)
	if err != nil {
		return err
	}
	return h.unclear(withResult(update.Data, update.Result))
}

// updateRecord changes a record, and decides its hook again.
func (s *session) updateRecord(ctx workflow.Context, data []byte, _ sender) (any, error) {
	h, update, err := s.decodeRecord(data)
	if err != nil {
		return nil, err
	}
	h.updated(update)
	h.evaluate(ctx)
	h.firing.changed = true
	if h.takesPart() && !h.record.Lock.Open() && !h.skipped && h.state != verdict.UnderWay {
		h.reconsider = true
		if err := workflow.Await(ctx, func() bool { return !h.reconsider || h.firing.decided }); err != nil {
			return nil, err
		}
	}
	s.show()
	return *h.record, nil
}

func (s *session) decodeSkip(data []byte, from sender) (*hook, latch.Skip, error) {
	var skip latch.Skip
	if err := skip.Decode(data); err != nil {
		return nil, skip, invalidArgument(err)
	}
	h, err := s.hookToSkip(skip)
	if err != nil {
		return nil, skip, err
	}
	if h.enforced && !from.admin {
		return nil, skip, refusal(latch.ErrorForbidden, "webhook %q is enforced: only the role admin may skip it", h.webhook.ID)
	}
	if h.firing.decided || !h.takesPart() {
		return nil, skip, refusal(latch.ErrorTooLate, "webhook %q at %s holds nothing up", h.webhook.ID, h.firing.event)
	}
	return h, skip, nil
}

func (s *session) hookToSkip(skip latch.Skip) (*hook, error) {
	if skip.Lock != "" {
		return s.byToken(skip.Lock)
	}
	var found *hook
	for _, firing := range s.firings {
		for _, hook := range firing.hooks {
			if hook.record != nil && hook.webhook.ID == skip.Webhook && firing.event == skip.Event && (skip.Step == "" || firing.step == skip.Step) {
				found = hook
			}
		}
	}
	if found == nil {
		return nil, refusal(latch.ErrorInvalidArgument, "webhook: no record of this run is of webhook %q at %s", skip.Webhook, skip.Event)
	}
	return found, nil
}

func (s *session) checkSkip(data []byte, from sender) error {
	if step, is := stepToSkip(data); is {
		return s.checkSkipStep(step)
	}
	_, _, err := s.decodeSkip(data, from)
	return err
}

// skip excludes a hook from its event's decision, or a failed step from the release.
func (s *session) skip(ctx workflow.Context, data []byte, from sender) (any, error) {
	if step, is := stepToSkip(data); is {
		return s.skipStep(step)
	}
	h, skip, err := s.decodeSkip(data, from)
	if err != nil {
		return nil, err
	}
	h.skipped = true
	h.takenOut(skip, from.via)
	h.firing.changed = true
	s.show()
	return *h.record, nil
}
