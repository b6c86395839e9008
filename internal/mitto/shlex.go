package mitto

import (
	"errors"
	"strings"
)

// Errors for command lines that Python's shlex rejects too.
var (
	errOpenQuotation = errors.New("a quotation mark is not closed")
	errOpenEscape    = errors.New("nothing follows the last backslash")
)

// splitWords splits a command line as Python's shlex.split does, which Mitto
// uses. Words end at blanks, tabs and line ends. Within '…' every character
// stands for itself; within "…" a backslash escapes itself and the quotation
// mark; elsewhere it escapes any character. There are no comments.
//
// No library agrees with Python: google/shlex has comments, anmitsu/go-shlex
// drops empty words, kballard/go-shellquote and mattn/go-shellwords treat
// backslashes and blanks as a shell does.
func splitWords(line string) ([]string, error) {
	s := splitter{line: line}
	for s.at < len(s.line) {
		switch c := s.next(); c {
		case ' ', '\t', '\r', '\n':
			s.end()
		case '\'', '"':
			if err := s.quotation(c); err != nil {
				return nil, err
			}
		case '\\':
			if s.at == len(s.line) {
				return nil, errOpenEscape
			}
			s.add(s.next())
		default:
			s.add(c)
		}
	}
	s.end()
	return s.words, nil
}

// A splitter is the state of splitting one line. All characters it looks for
// are ASCII, so it works on bytes.
type splitter struct {
	line  string
	at    int
	words []string
	word  strings.Builder
	// begun is true once a word has started. The word may be empty: "" is one.
	begun bool
}

func (s *splitter) next() byte {
	s.at++
	return s.line[s.at-1]
}

func (s *splitter) add(c byte) {
	s.word.WriteByte(c)
	s.begun = true
}

func (s *splitter) end() {
	if s.begun {
		s.words = append(s.words, s.word.String())
	}
	s.word.Reset()
	s.begun = false
}

// quotation reads up to the closing mark.
func (s *splitter) quotation(mark byte) error {
	s.begun = true
	for s.at < len(s.line) {
		switch c := s.next(); {
		case c == mark:
			return nil
		case c == '\\' && mark == '"':
			if s.at == len(s.line) {
				return errOpenEscape
			}
			if escaped := s.next(); escaped == mark || escaped == '\\' {
				s.add(escaped)
			} else {
				s.add(c)
				s.add(escaped)
			}
		default:
			s.add(c)
		}
	}
	return errOpenQuotation
}
