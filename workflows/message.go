package workflows

import (
	"strings"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/excerpt"
	"github.com/latch-run/latch/internal/protocol"
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
	// runs reports that the sender may skip the hooks of other webhooks. The API confirms it
	// only for messages for which it matters.
	runs bool
	// identifiedBy says how the sender's name is known: [latch.IdentifiedByKey] and the like. It
	// is empty for an API of an earlier version.
	identifiedBy string
}

// knows returns how a name that the message gives is known, or "" without a name.
func (s sender) knows(by string) string {
	if by == "" {
		return ""
	}
	return s.identifiedBy
}

// signalled is the sender of every signal.
var signalled = sender{via: latch.ViaSignal, admin: true, runs: true, identifiedBy: latch.IdentifiedByTemporal}

// senderOf returns the sender of the current update, by the update's id.
func senderOf(ctx workflow.Context) sender {
	info := workflow.GetCurrentUpdateInfo(ctx)
	direct := sender{via: latch.ViaUpdate, admin: true, runs: true, identifiedBy: latch.IdentifiedByTemporal}
	if info == nil {
		return direct
	}
	known := protocol.IdentifiedByOf(info.ID)
	switch {
	case strings.HasPrefix(info.ID, protocol.UpdateByAdmin):
		return sender{via: latch.ViaAPI, admin: true, runs: true, identifiedBy: known}
	case strings.HasPrefix(info.ID, protocol.UpdateByRunner):
		return sender{via: latch.ViaAPI, runs: true, identifiedBy: known}
	case strings.HasPrefix(info.ID, protocol.UpdateViaAPI):
		return sender{via: latch.ViaAPI, identifiedBy: known}
	case strings.HasPrefix(info.ID, protocol.UpdateViaPage):
		return sender{via: latch.ViaPage, identifiedBy: known}
	case strings.HasPrefix(info.ID, protocol.UpdateViaSlack):
		return sender{via: latch.ViaSlack, admin: true, identifiedBy: known} // only votes come so, but for those of a direct client
	default:
		return direct
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
		{latch.MessageExtendLock, s.checkExtension, nil, s.extendLock},
		{latch.MessageRecord, s.checkRecord, s.clearRecord, s.updateRecord},
		{latch.MessageSkip, s.checkSkip, nil, s.skip},
		{latch.MessageStop, s.checkControl(latch.MessageStop), nil, s.takeControl(latch.Stop)},
		{latch.MessageRollback, s.checkControl(latch.MessageRollback), nil, s.takeControl(latch.Rollback)},
	}
}

// answer sets the run's handlers: queries, updates, and, if it listens, a coroutine for each signal.
func (s *session) answer(ctx workflow.Context) error {
	if err := s.answerQueries(ctx); err != nil {
		return err
	}
	for _, m := range s.messages() {
		if err := s.answerUpdate(ctx, m); err != nil {
			return err
		}
		if s.listens {
			s.listenTo(m)
		}
	}
	return nil
}

func (s *session) answerQueries(ctx workflow.Context) error {
	if err := workflow.SetQueryHandler(ctx, latch.QueryStatus, func() (latch.Status, error) { return s.snapshot(), nil }); err != nil {
		return err
	}
	if err := workflow.SetQueryHandler(ctx, latch.QueryHistory, s.queryHistory); err != nil {
		return err
	}
	if err := workflow.SetQueryHandler(ctx, protocol.QueryState, s.state); err != nil {
		return err
	}
	sent := func(id string) (protocol.Sent, error) { return s.sent(id), nil }
	if err := workflow.SetQueryHandler(ctx, protocol.QuerySent, sent); err != nil {
		return err
	}
	return workflow.SetQueryHandler(ctx, protocol.QuerySentOf,
		func(ids []string) ([]protocol.Sent, error) { return s.sentOf(ids), nil })
}

func (s *session) answerUpdate(ctx workflow.Context, m message) error {
	handler := func(ctx workflow.Context, argument converter.RawValue) (any, error) {
		s.updatesUnderWay++
		s.updatedAt = workflow.GetInfo(ctx).GetCurrentHistoryLength()
		defer func() { s.updatesUnderWay-- }()
		return m.take(ctx, payloadJSON(argument), senderOf(ctx))
	}
	validator := func(ctx workflow.Context, argument converter.RawValue) error {
		return m.validate(payloadJSON(argument), senderOf(ctx))
	}
	return workflow.SetUpdateHandlerWithOptions(ctx, m.name, handler, workflow.UpdateHandlerOptions{Validator: validator})
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
	if m.name != latch.MessageRecord && m.name != latch.MessageExtendLock {
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
