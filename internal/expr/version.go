package expr

import (
	"errors"
	"math"
	"reflect"
	"strings"

	"github.com/Masterminds/semver/v3"
	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"

	"github.com/latch-run/latch/internal/excerpt"
)

// version is a semantic version, returned by semver('1.10.0'). Versions compare by precedence
// (semver.org, section 11): 1.9.0 < 1.10.0-rc.1 < 1.10.0, ignoring build metadata. A version prints
// as the text it was parsed from.
type version struct {
	parsed *semver.Version
	text   string
}

// versionType is opaque, so that no field can be selected from it.
var versionType = types.NewOpaqueType("semver").WithTraits(traits.ComparerType)

// versions declares semver, the operators that compare versions, and major, minor and patch.
func versions() []cel.EnvOption {
	pair := []*cel.Type{versionType, versionType}
	options := []cel.EnvOption{
		cel.Function("semver", cel.Overload("string_to_semver", []*cel.Type{cel.StringType}, versionType, cel.UnaryBinding(parseVersion))),
		cel.Function("string", cel.Overload("semver_to_string", []*cel.Type{versionType}, cel.StringType,
			cel.UnaryBinding(func(value ref.Val) ref.Val { return types.String(value.(version).text) }))),
		versionPart("major", (*semver.Version).Major),
		versionPart("minor", (*semver.Version).Minor),
		versionPart("patch", (*semver.Version).Patch),
	}
	for _, operator := range []string{operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals} {
		options = append(options, cel.Function(operator, cel.Overload(operator+"@semver", pair, cel.BoolType)))
	}
	return options
}

// versionPart declares a method of versions that returns one of their three numbers.
func versionPart(name string, part func(*semver.Version) uint64) cel.EnvOption {
	return cel.Function(name, cel.MemberOverload("semver_"+name, []*cel.Type{versionType}, cel.IntType,
		cel.UnaryBinding(func(value ref.Val) ref.Val { return types.Int(part(value.(version).parsed)) })))
}

// parseVersion implements semver(). It accepts a leading v, as in the names of tags. A text that is
// not a version, or is longer than 256 bytes, is an error.
func parseVersion(value ref.Val) ref.Val {
	text := string(value.(types.String))
	parsed, err := semver.StrictNewVersion(strings.TrimPrefix(text, "v"))
	if err == nil && max(parsed.Major(), parsed.Minor(), parsed.Patch()) > math.MaxInt64 {
		err = errors.New("a number of it has more than 63 bits")
	}
	if err != nil {
		return types.NewErr("%q is not a semantic version such as 1.10.0 or v1.10.0-rc.1: %v", excerpt.Of(text, 60), err)
	}
	return version{parsed: parsed, text: text}
}

// Compare implements [traits.Comparer].
func (v version) Compare(other ref.Val) ref.Val {
	o, ok := other.(version)
	if !ok {
		return notAVersion(other)
	}
	return types.Int(v.parsed.Compare(o.parsed))
}

// Equal implements [ref.Val].
func (v version) Equal(other ref.Val) ref.Val {
	o, ok := other.(version)
	if !ok {
		return notAVersion(other)
	}
	return types.Bool(v.parsed.Compare(o.parsed) == 0)
}

func notAVersion(other ref.Val) ref.Val {
	return types.NewErr("a semver is compared with a %s; write semver(…) on both sides", other.Type().TypeName())
}

// ConvertToNative implements [ref.Val].
func (v version) ConvertToNative(t reflect.Type) (any, error) {
	return types.String(v.text).ConvertToNative(t)
}

// ConvertToType implements [ref.Val].
func (v version) ConvertToType(t ref.Type) ref.Val {
	switch t {
	case types.StringType:
		return types.String(v.text)
	case types.TypeType:
		return versionType
	}
	return types.NewErr("type conversion error from 'semver' to '%s'", t)
}

// Type implements [ref.Val].
func (v version) Type() ref.Type { return versionType }

// Value implements [ref.Val].
func (v version) Value() any { return v.text }

// equal implements ==. Comparing a version with any other value is an error, on either side,
// because the result would be an unintended false.
func equal(args []ref.Val) ref.Val {
	if v, ok := args[1].(version); ok && args[0] != types.NullValue {
		return v.Equal(args[0])
	}
	return types.Equal(args[0], args[1])
}

func notEqual(args []ref.Val) ref.Val {
	result := equal(args)
	if same, ok := result.(types.Bool); ok {
		return !same
	}
	return result
}

// looksFor rejects searching for a version among other values, or for another value among versions.
func looksFor(wanted ref.Val, among traits.Lister) ref.Val {
	_, isVersion := wanted.(version)
	for i := range sizeOf(among) {
		element := among.Get(types.Int(i))
		_, alike := element.(version)
		switch {
		case alike == isVersion:
		case isVersion:
			return notAVersion(element)
		default:
			return notAVersion(wanted)
		}
	}
	return nil
}
