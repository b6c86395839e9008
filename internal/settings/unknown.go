package settings

import (
	"fmt"
	"log/slog"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/latch-run/latch/internal/typo"
)

// prefix begins every variable of Latch, and secretPrefix those that hold
// secrets, whose names the operator chooses.
const (
	prefix       = "LATCH_"
	secretPrefix = prefix + "SECRET_"
)

// Names returns all variables except secrets, sorted.
func Names() []string {
	var names []string
	for _, set := range sets {
		for _, field := range reflect.VisibleFields(set) {
			if variable := variableOf(field); variable != "" {
				names = append(names, variable)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// An Unknown is a variable that looks like one of Latch's but is not. It never
// contains the value.
type Unknown struct {
	Variable string
	// Meant is the variable that was probably meant; "" if none is similar.
	Meant string
}

func (u Unknown) String() string {
	if u.Meant == "" {
		return fmt.Sprintf("%s is not a setting of Latch and is ignored", u.Variable)
	}
	return fmt.Sprintf("%s is not a setting of Latch and is ignored; did you mean %s?", u.Variable, u.Meant)
}

// Warn logs the variables that nothing reads.
func Warn(logger *slog.Logger, unknown []Unknown) {
	for _, each := range unknown {
		fields := []any{"variable", each.Variable}
		if each.Meant != "" {
			fields = append(fields, "did_you_mean", each.Meant)
		}
		logger.Warn("no setting of Latch's has this name, and nothing reads it", fields...)
	}
}

// links matches the variables that Kubernetes sets in a container for a service
// named latch or latch-something.
var links = regexp.MustCompile(`_(SERVICE_(HOST|PORT(_.+)?)|PORT|PORT_[0-9]+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)$`)

// Unknowns returns the variables of an environment, in the format of
// os.Environ, that begin with LATCH_ but are not read by anything, sorted.
func Unknowns(environ []string) []Unknown {
	names := Names()
	var found []Unknown
	for _, setting := range environ {
		variable, _, _ := strings.Cut(setting, "=")
		plain := strings.ReplaceAll(strings.ToUpper(variable), "-", "_")
		switch {
		case !strings.HasPrefix(plain, prefix) || slices.Contains(names, variable):
		case strings.HasPrefix(variable, secretPrefix) && variable != secretPrefix:
		case links.MatchString(plain):
		default:
			found = append(found, Unknown{variable, meant(strings.TrimPrefix(plain, prefix), names)})
		}
	}
	slices.SortFunc(found, func(a, b Unknown) int { return strings.Compare(a.Variable, b.Variable) })
	return found
}

// meant returns the variable or secret that a name without the prefix most
// likely stands for.
func meant(rest string, names []string) string {
	bare := make([]string, len(names))
	for i, name := range names {
		bare[i] = strings.TrimPrefix(name, prefix)
	}
	if name := typo.Meant(rest, bare); name != "" {
		return prefix + name
	}
	const family = "SECRET"
	switch first, name, _ := strings.Cut(rest, "_"); {
	case first != family && typo.Meant(first, []string{family}) == "":
		return ""
	case name == "":
		return secretPrefix + "<NAME>"
	default:
		return secretPrefix + name
	}
}
