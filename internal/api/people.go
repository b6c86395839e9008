package api

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/latch-run/latch/internal/issuer"
)

// People are those who may decide about locks in a chat: the groups of each, by the e-mail
// address by which the chat knows them, in lower case.
type People map[string][]string

// ParsePeople parses people in the format of LATCH_PEOPLE: address[@group+group], separated by
// commas or line breaks. Lines that begin with # are ignored. All problems are reported at once.
func ParsePeople(text string) (People, error) {
	people := People{}
	var problems []error
	for _, entry := range entriesOf(text) {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		address, groups, err := parsePerson(entry)
		switch _, twice := people[address]; {
		case err != nil:
			problems = append(problems, err)
		case twice:
			problems = append(problems, fmt.Errorf("%s: the address is given twice", address))
		default:
			people[address] = groups
		}
	}
	return people, errors.Join(problems...)
}

// parsePerson parses an entry. The first "@" is that of the address, and the second one begins
// the groups.
func parsePerson(entry string) (address string, groups []string, err error) {
	local, rest, _ := strings.Cut(entry, "@")
	domain, listed, grouped := strings.Cut(rest, "@")
	address = strings.ToLower(strings.TrimSpace(local + "@" + domain))
	if !issuer.IsAddress(address) {
		return "", nil, fmt.Errorf("%q does not begin with an e-mail address; write alice@example.com@group+group", entry)
	}
	if grouped {
		groups, err = parseGroups(address, listed)
	}
	return address, groups, err
}

// Caller returns the person with an address, who has asked in a chat at a time, with the role
// lock. via says how the chat knows the address. It returns nil for anybody who is not among the
// people.
func (p People) Caller(address, via string, asked time.Time) *Caller {
	address = strings.ToLower(address)
	groups, known := p[address]
	if !known {
		return nil
	}
	return &Caller{Name: address, Role: RoleLock, Groups: groups, Via: via, AskedAt: asked}
}
