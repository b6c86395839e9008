package protocol

import (
	"bytes"
	"compress/flate"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/recordsize"
	"github.com/latch-run/latch/internal/verdict"
)

// packedFrom is the size, in bytes as JSON, above which the shots of a volley are joined and
// compressed. A hundred shots have most of their content in common. Fewer stay readable in
// Temporal UI.
const packedFrom = 2 << 10

// usualRatio is how many times as large shots usually are before they are compressed.
const usualRatio = 10

// Joined are many shots. Most endpoints answer alike, and an answer is most of what a shot costs
// to write and to read.
type joined struct {
	// Shots are without their answers.
	Shots []Shot `json:"shots"`
	answers
}

// Answers are the different answers to shots. By has the place of each shot's answer, or -1.
type answers struct {
	Answers []answered `json:"answers"`
	By      []int      `json:"by"`
}

// Answered is what an endpoint answered.
type answered struct {
	Response *latch.RecordResponse `json:"response"`
	Data     latch.Object          `json:"data,omitempty"`
	Answer   verdict.Answer        `json:"answer,omitzero"`
}

// is reports whether two answers are the same.
func (a answered) is(b answered) bool {
	return a.Response.Status == b.Response.Status && a.Response.Body == b.Response.Body && a.Answer == b.Answer &&
		maps.Equal(a.Response.Headers, b.Response.Headers) && maps.EqualFunc(a.Data, b.Data, sameBytes)
}

func sameBytes(a, b json.RawMessage) bool { return bytes.Equal(a, b) }

// size returns about how many bytes an answer takes as JSON.
func (a answered) size() int {
	return recordsize.OfResponse(a.Response) + recordsize.OfObject(a.Data) + len(a.Answer.Unreadable) + len(a.Answer.NoObject)
}

// answer returns what the endpoint answered, if it did.
func (s *Shot) answer() (_ answered, has bool) {
	if s.Outcome == nil || s.Outcome.Response == nil {
		return answered{}, false
	}
	return answered{s.Outcome.Response, s.Outcome.Data, s.Outcome.Answer}, true
}

func (o *Outcome) setAnswer(a answered) { o.Response, o.Data, o.Answer = a.Response, a.Data, a.Answer }

// Encode encodes the complete shot for [Pack], and returns about how many bytes of a
// volley's answer it takes.
func (s *Shot) Encode() int {
	alone := *s
	answer, has := s.answer()
	s.size = 0
	if has {
		outcome := *s.Outcome
		outcome.setAnswer(answered{})
		alone.Outcome = &outcome
		s.size = answer.size()
	}
	encoded, err := json.Marshal(alone)
	if err != nil {
		panic(fmt.Sprintf("latch: shot: %v", err)) // every part was decoded from JSON
	}
	s.encoded = encoded
	s.size += len(encoded)
	return s.size
}

// packers are reused, because each takes a megabyte.
var packers = sync.Pool{New: func() any {
	writer, _ := flate.NewWriter(nil, flate.BestSpeed) // fails only for an unknown level
	return writer
}}

// Pack returns a volley's answer with these shots, joined and compressed if it is large.
func Pack(shots []Shot) (VolleyAnswer, error) {
	size := 0
	for i := range shots {
		if shots[i].encoded == nil {
			shots[i].Encode()
		}
		size += shots[i].size
	}
	if size < packedFrom {
		return VolleyAnswer{Shots: shots, Bytes: size}, nil
	}
	plain, err := join(shots)
	if err != nil {
		return VolleyAnswer{}, fmt.Errorf("pack shots: %w", err)
	}
	var packed bytes.Buffer
	writer := packers.Get().(*flate.Writer)
	defer func() {
		writer.Reset(io.Discard)
		packers.Put(writer)
	}()
	writer.Reset(&packed)
	if _, err := writer.Write(plain); err != nil {
		return VolleyAnswer{}, fmt.Errorf("pack shots: %w", err)
	}
	if err := writer.Close(); err != nil {
		return VolleyAnswer{}, fmt.Errorf("pack shots: %w", err)
	}
	return VolleyAnswer{Joined: packed.Bytes(), Bytes: packed.Len()}, nil
}

// join returns encoded shots as the JSON of joined.
func join(shots []Shot) ([]byte, error) {
	encoded := make([][]byte, len(shots))
	all := answers{By: make([]int, len(shots))}
	for i := range shots {
		encoded[i], all.By[i] = shots[i].encoded, -1
		if answer, has := shots[i].answer(); has {
			all.By[i] = all.place(answer)
		}
	}
	rest, err := json.Marshal(all)
	if err != nil {
		return nil, err
	}
	return slices.Concat([]byte(`{"shots":[`), bytes.Join(encoded, []byte{','}), []byte(`],`), rest[len("{"):]), nil
}

// place finds the place of an answer, and adds the answer if none is like it.
func (a *answers) place(answer answered) int {
	if i := slices.IndexFunc(a.Answers, answer.is); i >= 0 {
		return i
	}
	a.Answers = append(a.Answers, answer)
	return len(a.Answers) - 1
}

// Unpack returns the shots of an answer. Those that were answered alike share the answer. It
// refuses more than a volley can have.
func (a VolleyAnswer) Unpack() ([]Shot, error) {
	var shots []Shot
	var err error
	switch {
	case len(a.Joined) > 0:
		var all joined
		if err = inflate(a.Joined, &all); err == nil {
			shots, err = all.Shots, all.giveAnswers()
		}
	case len(a.Packed) > 0:
		err = inflate(a.Packed, &shots)
	default:
		shots = a.Shots
	}
	if err != nil {
		return nil, fmt.Errorf("unpack shots: %w", err)
	}
	return shots, nil
}

func inflate(packed []byte, into any) error {
	var plain bytes.Buffer
	plain.Grow(min(usualRatio*len(packed), 2*MaximumVolleyBytes))
	if _, err := plain.ReadFrom(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), 2*MaximumVolleyBytes)); err != nil {
		return err
	}
	return json.Unmarshal(plain.Bytes(), into)
}

// giveAnswers puts each answer back into its shots.
func (j *joined) giveAnswers() error {
	if len(j.By) != len(j.Shots) {
		return fmt.Errorf("%d shots, %d places of answers", len(j.Shots), len(j.By))
	}
	for i, place := range j.By {
		switch outcome := j.Shots[i].Outcome; {
		case place < 0:
		case outcome == nil || place >= len(j.Answers) || j.Answers[place].Response == nil:
			return fmt.Errorf("shot %d has no answer", i)
		default:
			outcome.setAnswer(j.Answers[place])
		}
	}
	return nil
}
