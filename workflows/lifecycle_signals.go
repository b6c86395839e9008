package workflows

import (
	"slices"

	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/workflow"

	"github.com/latch-run/latch"
)

// While a hook holds a user's own workflow, the run takes Latch's messages for it: by updates,
// since the workflow has no handlers yet, and by signals. A signal that has the name of one of
// Latch's, but not its content, is the workflow's own and waits for it.

// heldPrefix begins the names of the channels in which signals are examined.
const heldPrefix = "latch.held."

// A heldSignal is a signal that is examined.
type heldSignal struct {
	session *session
	signals map[string][]*interceptor.HandleSignalInput
}

// serve takes the messages about hooks from now on.
func (k *keeper) serve(ctx workflow.Context, s *session) error {
	k.held = &heldSignal{session: s, signals: map[string][]*interceptor.HandleSignalInput{}}
	for _, m := range s.commonMessages() {
		if !aboutHooks(m.name) {
			continue
		}
		if err := s.answerUpdate(ctx, m); err != nil {
			return err
		}
		held := k.held
		workflow.GoNamed(s.detached, "signal "+m.name, func(ctx workflow.Context) { k.examine(ctx, held, m) })
	}
	return nil
}

func aboutHooks(message string) bool {
	return slices.Contains([]string{latch.MessageReleaseLock, latch.MessageExtendLock, latch.MessageRecord, latch.MessageSkip}, message)
}

// HandleSignal has a signal with the name of one of Latch's examined while a hook holds the run.
func (k *keeper) HandleSignal(ctx workflow.Context, in *interceptor.HandleSignalInput) error {
	if k.held == nil || !aboutHooks(in.SignalName) {
		return k.Next.HandleSignal(ctx, in)
	}
	k.held.signals[in.SignalName] = append(k.held.signals[in.SignalName], in)
	return k.Next.HandleSignal(ctx, &interceptor.HandleSignalInput{SignalName: heldPrefix + in.SignalName, Arg: in.Arg})
}

// examine takes the signals that are about hooks of the run, and passes on all others.
func (k *keeper) examine(ctx workflow.Context, held *heldSignal, m message) {
	for channel := workflow.GetSignalChannel(ctx, heldPrefix+m.name); ; {
		var argument converter.RawValue
		channel.Receive(ctx, &argument)
		in := held.signals[m.name][0]
		held.signals[m.name] = held.signals[m.name][1:]
		if m.validate(payloadJSON(argument), signalled) == nil {
			held.session.takeSignal(ctx, m, argument)
			continue
		}
		if err := k.Next.HandleSignal(ctx, in); err != nil {
			workflow.GetLogger(ctx).Error("a signal was not passed on to the workflow", "signal", m.name, "error", err)
		}
	}
}
