package api

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/typo"
)

// A Role says what a key may do. Each role includes the ones before it.
type Role int

// Roles, in ascending order.
const (
	// RoleRead may see releases, locks and records.
	RoleRead Role = iota + 1
	// RoleLock may remove locks, and move their deadlines.
	RoleLock
	// RoleRun may start, stop and roll back releases, skip hooks, and fire events.
	RoleRun
	// RoleAdmin may do everything.
	RoleAdmin
)

var roleNames = map[Role]string{RoleRead: "read", RoleLock: "lock", RoleRun: "run", RoleAdmin: "admin"}

// String returns the name of the role in settings, or "" for a value that is not a role.
func (r Role) String() string { return roleNames[r] }

// known reports whether the value is a role. The zero value is not.
func (r Role) known() bool { return r >= RoleRead && r <= RoleAdmin }

// MinimumKey is the minimum length of a key, in bytes. A shorter one can be guessed, or found by
// searching for its hash.
const MinimumKey = 16

// A Key is an API key. It contains a hash of the key's value, not the value itself.
type Key struct {
	// Name is shown in logs and as removed_by. Two keys may share a name, so that one can replace
	// the other; they must then have the same role.
	Name string
	Role Role
	// Groups are the groups of the key's owner.
	Groups []string
	hash   [sha256.Size]byte
}

// Caller returns the sender of a request with the key.
func (k Key) Caller() *Caller {
	return &Caller{Name: k.Name, Role: k.Role, Groups: k.Groups, Via: latch.IdentifiedByKey}
}

// NewKey returns a key for a secret value. It does not check the value: see [ParseKeys].
func NewKey(name string, role Role, value string) Key {
	return Key{Name: name, Role: role, hash: sha256.Sum256([]byte(value))}
}

// id identifies the key without revealing its value.
func (k Key) id() string { return fmt.Sprintf("%s:%x", k.Name, k.hash) }

// ParseKeys parses keys in the format of LATCH_API_KEYS:
// name[:role][@group+group]=key, separated by commas or line breaks, each split
// at the first "="; the default role is admin. Lines that begin with # are
// ignored. A key must have at least [MinimumKey] bytes, and a name only one role
// and the same groups. All problems are reported at once, with the names of the
// keys and never their values.
func ParseKeys(text string) ([]Key, error) {
	var keys []Key
	var problems []error
	for i, entry := range entriesOf(text) {
		if entry = strings.TrimSpace(entry); entry == "" {
			continue
		}
		key, err := parseKey(entry)
		switch {
		case err != nil:
			problems = append(problems, fmt.Errorf("key %d: %w", i+1, err))
		case slices.ContainsFunc(keys, func(k Key) bool { return k.hash == key.hash }):
			problems = append(problems, fmt.Errorf("key %d (%s): another key has the same value", i+1, key.Name))
		case otherRole(keys, key) != 0:
			problems = append(problems, fmt.Errorf("key %d (%s): this name has the role %s here and %s in another key; give both the same role, or different names",
				i+1, key.Name, key.Role, otherRole(keys, key)))
		case hasOtherGroups(keys, key):
			problems = append(problems, fmt.Errorf("key %d (%s): this name has the groups %s here and others in another key; give both the same "+
				"groups, or different names",
				i+1, key.Name, namesOf(key.Groups)))
		default:
			keys = append(keys, key)
		}
	}
	return keys, errors.Join(problems...)
}

// entriesOf returns what stands between commas and line breaks.
func entriesOf(text string) []string {
	var entries []string
	for line := range strings.SplitSeq(text, "\n") {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			entries = append(entries, strings.Split(line, ",")...)
		}
	}
	return entries
}

func parseKey(entry string) (Key, error) {
	head, value, found := strings.Cut(entry, "=")
	if !found {
		return Key{}, errors.New("has no \"=\"; write name=key or name:role@group=key")
	}
	head, groups, grouped := strings.Cut(strings.TrimSpace(head), "@")
	name, role, given := strings.Cut(strings.TrimSpace(head), ":")
	key := NewKey(strings.TrimSpace(name), RoleAdmin, value)
	if given {
		key.Role = roleOf(role)
	}
	err := checkKey(key, role, value)
	if grouped {
		var wrong error
		key.Groups, wrong = parseGroups(key.Name, groups)
		err = errors.Join(err, wrong)
	}
	return key, err
}

// checkKey returns an error that names the key. role is as it was written.
func checkKey(key Key, role, value string) error {
	switch {
	case strings.EqualFold(key.Name, NameLinked) || strings.EqualFold(key.Name, NameLocal):
		return fmt.Errorf("%s: removed_by uses this name for callers without a key; choose another", key.Name)
	case key.Name == "":
		return errors.New("has no name; write name=key or name:role@group=key")
	case key.Role == 0:
		return fmt.Errorf("%s: %q is not a role; the roles are admin, run, lock and read%s", key.Name, role,
			typo.Hint(role, slices.Sorted(maps.Values(roleNames))))
	case value == "":
		return fmt.Errorf("%s: the key is empty", key.Name)
	case len(value) < MinimumKey:
		return fmt.Errorf("%s: the key has %d bytes; it needs at least %d random ones, for example from: openssl rand -base64 24",
			key.Name, len(value), MinimumKey)
	case strings.TrimSpace(value) != value || strings.ContainsFunc(value, unicode.IsControl):
		return fmt.Errorf("%s: the key begins or ends with a blank or has a control character, which a header cannot hold", key.Name)
	}
	return nil
}

// otherRole returns the different role of another key with the same name, or 0.
func otherRole(keys []Key, key Key) Role {
	for _, other := range keys {
		if other.Name == key.Name && other.Role != key.Role {
			return other.Role
		}
	}
	return 0
}

func roleOf(name string) Role {
	for role, known := range roleNames {
		if known == name {
			return role
		}
	}
	return 0
}

// find returns the key with a value. It compares with all keys, in constant time.
func find(keys []Key, value string) (Key, bool) {
	hash := sha256.Sum256([]byte(value))
	var found Key
	for _, key := range keys {
		if subtle.ConstantTimeCompare(hash[:], key.hash[:]) == 1 {
			found = key
		}
	}
	return found, found.Role != 0
}
