package admission

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/latch-run/latch"
	"github.com/latch-run/latch/internal/expr"
)

// doubter collects selections of keys that probably are not there. It looks at
// the text of expressions alone, so it warns only of what it can tell by that.
type doubter struct {
	warnings *latch.Problems
	// registered tells that the job is, and so has fields beyond those below.
	registered bool
}

func (d *doubter) tree(path string, value json.RawMessage) {
	var decoded any
	if json.Unmarshal(value, &decoded) == nil {
		d.strings(path, decoded)
	}
}

func (d *doubter) strings(path string, value any) {
	switch v := value.(type) {
	case string:
		d.template(path, v, expr.InText)
	case []any:
		for i, element := range v {
			d.strings(fmt.Sprintf("%s[%d]", path, i), element)
		}
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			d.strings(join(path, key), v[key])
		}
	}
}

func (d *doubter) template(path, source string, _ expr.Place) {
	for _, expression := range expressionsIn(source) {
		d.expression(path, expression, expr.When)
	}
}

func (d *doubter) expression(path, source string, use expr.Use) {
	text := withoutLiterals(source)
	if use == expr.Result || use == expr.StopRelease || use == expr.RollbackRelease {
		for _, key := range selected(text, "history.data") {
			d.warnings.Addf(path, "history.data.%s: if the key is missing the expression fails and on_error decides; write history.data[?'%s'].orValue(…)", key, key)
		}
	}
	for _, known := range knownKeys {
		if d.registered && strings.HasPrefix(known.of, "job") {
			continue
		}
		for _, key := range selected(text, known.of) {
			if !slices.Contains(known.keys, key) {
				d.warnings.Addf(path, "%s has no key %q, so this fails; its keys are %s", known.of, key, strings.Join(known.keys, ", "))
			}
		}
	}
}

// knownKeys are those of the variables whose keys are fixed (contract,
// "Templates").
var knownKeys = []struct {
	of   string
	keys []string
}{
	{"job", []string{"id", "name", "title", "tags", "vars", "schedule", "timeout", "status"}},
	{"job.status", []string{"id", "returncode", "error", "started_at", "completed_at", "kvp"}},
	{"release", []string{"id", "title", "vars", "instance", "status", "steps"}},
	{"step", []string{"name", "index", "status", "error", "kvp"}},
	{"system", []string{"fqdn", "environment", "version", "namespace", "task_queue", "database.version"}},
	{"run", []string{"workflow_id", "run_id"}},
}

// expressionsIn gives the expressions of a template, which compiles.
func expressionsIn(template string) []string {
	var found []string
	for {
		start := strings.Index(template, "${")
		if start < 0 {
			return found
		}
		if start > 0 && template[start-1] == '$' { // $${ is a literal ${
			template = template[start+2:]
			continue
		}
		end := expressionEnd(template[start+2:])
		found = append(found, template[start+2:start+2+end])
		template = template[start+2+end:]
	}
}

// expressionEnd is where the brace stands that closes an expression, braces in
// its maps and strings left out.
func expressionEnd(text string) int {
	depth, quote := 0, byte(0)
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '{':
			depth++
		case c == '}':
			if depth == 0 {
				return i
			}
			depth--
		}
	}
	return len(text)
}

var (
	literal = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'`)
	name    = regexp.MustCompile(`^[A-Za-z_]\w*$`)
	index   = regexp.MustCompile(`\[ *['"]([A-Za-z_]\w*)['"] *\]`)
)

// withoutLiterals empties the expression's strings, save names, and writes
// x['name'] as x.name.
func withoutLiterals(source string) string {
	source = literal.ReplaceAllStringFunc(source, func(quoted string) string {
		if name.MatchString(quoted[1 : len(quoted)-1]) {
			return quoted
		}
		return "''"
	})
	return index.ReplaceAllString(source, ".$1")
}

// selected gives the keys that an expression selects of a variable, each once:
// not those it asks for with has or in, nor those of a variable of that name
// that a macro makes, nor calls.
func selected(text, of string) []string {
	if !strings.Contains(text, of+".") {
		return nil
	}
	if root, _, _ := strings.Cut(of, "."); made(root, text) {
		return nil
	}
	selection := regexp.MustCompile(`(?:^|[^\w.?'"])` + regexp.QuoteMeta(of) + `\.([A-Za-z_]\w*)(\s*\()?`)
	var keys []string
	for _, match := range selection.FindAllStringSubmatch(text, -1) {
		key, call := match[1], match[2] != ""
		if !call && !askedFor(of, key, text) && !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	return keys
}

// made tells whether a macro, such as map(job, …), makes a variable of the name.
func made(variable, text string) bool {
	return regexp.MustCompile(`\(\s*` + variable + `\s*,`).MatchString(text)
}

func askedFor(of, key, text string) bool {
	return regexp.MustCompile(`has\(\s*` + regexp.QuoteMeta(of) + `\.` + key + `\b|['"]` + key + `['"]\s+in\s`).MatchString(text)
}
