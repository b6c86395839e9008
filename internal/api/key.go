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

	"github.com/latch-run/latch/internal/typo"
)

// A Role says what a key may do. Each may do all that those before it may.
type Role int

// The roles, from the smallest.
const (
	// RoleRead sees releases, locks and records.
	RoleRead Role = iota + 1
	// RoleLock removes locks.
	RoleLock
	// RoleRun starts, stops and rolls back releases, skips hooks, fires events.
	RoleRun
	// RoleAdmin does everything.
	RoleAdmin
)

var roleNames = map[Role]string{RoleRead: "read", RoleLock: "lock", RoleRun: "run", RoleAdmin: "admin"}

// String returns the role's name in settings; "" for a value that is no role.
func (r Role) String() string { return roleNames[r] }

// known reports whether the value is one of the roles. The zero value is not.
func (r Role) known() bool { return r >= RoleRead && r <= RoleAdmin }

// MinimumKey is how many bytes a key has at least: a shorter one can be guessed,
// and what holds it, a hash, can be searched.
const MinimumKey = 16

// A Key is an API key. It holds a hash of the key, not the key itself.
type Key struct {
	// Name is what logs and removed_by show. Two keys may share a name, so that
	// one can be replaced by the other, and then have the same role.
	Name string
	Role Role
	hash [sha256.Size]byte
}

// NewKey makes a key of its secret value, which it does not look at: see
// [ParseKeys].
func NewKey(name string, role Role, value string) Key {
	return Key{Name: name, Role: role, hash: sha256.Sum256([]byte(value))}
}

// id identifies the key, without showing its value.
func (k Key) id() string { return fmt.Sprintf("%s:%x", k.Name, k.hash) }

// ParseKeys reads keys as LATCH_API_KEYS has them: name[:role]=key, separated
// by commas or line breaks, without lines that begin with #, each split at the first "="; the role is admin unless given. A key
// has at least [MinimumKey] bytes, and a name one role. All that is wrong is
// reported at once, by the names of the keys and never by their values.
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
		return Key{}, errors.New("has no \"=\"; write name=key or name:role=key")
	}
	name, role, given := strings.Cut(strings.TrimSpace(head), ":")
	key := NewKey(strings.TrimSpace(name), RoleAdmin, value)
	if given {
		key.Role = roleOf(role)
	}
	switch {
	case strings.EqualFold(key.Name, NameLinked) || strings.EqualFold(key.Name, NameLocal):
		return Key{}, fmt.Errorf("%s: removed_by uses this name for callers without a key; choose another", key.Name)
	case key.Name == "":
		return Key{}, errors.New("has no name; write name=key or name:role=key")
	case key.Role == 0:
		return Key{}, fmt.Errorf("%s: %q is not a role; the roles are admin, run, lock and read%s", key.Name, role,
			typo.Hint(role, slices.Sorted(maps.Values(roleNames))))
	case value == "":
		return Key{}, fmt.Errorf("%s: the key is empty", key.Name)
	case len(value) < MinimumKey:
		return Key{}, fmt.Errorf("%s: the key has %d bytes; it needs at least %d random ones, for example from: openssl rand -base64 24", key.Name, len(value), MinimumKey)
	case strings.TrimSpace(value) != value || strings.ContainsFunc(value, unicode.IsControl):
		return Key{}, fmt.Errorf("%s: the key begins or ends with a blank or has a control character, which a header cannot hold", key.Name)
	}
	return key, nil
}

// otherRole returns the different role of a key with the same name, 0 if no key
// has one.
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

// find returns the key of a value. It looks at all keys whichever it is, and
// compares in constant time.
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
