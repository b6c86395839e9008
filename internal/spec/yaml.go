package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/latch-run/latch/internal/rawjson"
)

// maximumDepth bounds nesting, including that of aliases.
const maximumDepth = 100

// ToJSON converts a YAML document to JSON. Numbers keep their digits, times
// become strings, aliases and merge keys are resolved, and keys keep their
// order, even if duplicate. A value without an equivalent in JSON (.nan, a
// custom tag, a list as a key) is an error that names the line, and so is a
// second document. For an empty document it returns nil.
func ToJSON(data []byte) ([]byte, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var document, second yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, noYAML(data, err)
	}
	switch err := decoder.Decode(&second); {
	case err == nil:
		return nil, fmt.Errorf("line %d: a second document begins; give each a file of its own", second.Line)
	case !errors.Is(err, io.EOF):
		return nil, noYAML(data, err)
	}
	return nodeToJSON(&document)
}

func nodeToJSON(node *yaml.Node) ([]byte, error) {
	var w writer
	if err := w.node(node, 0); err != nil {
		return nil, err
	}
	return w.out.Bytes(), nil
}

// writer writes nodes as JSON.
type writer struct {
	out bytes.Buffer
	// visited counts nodes, once for each alias or merge key that leads to
	// them.
	visited int
}

// visit bounds the work caused by aliases of aliases.
func (w *writer) visit(node *yaml.Node, nodes int) error {
	if w.visited += nodes; w.visited > MaximumSize || w.out.Len() > MaximumSize {
		return fmt.Errorf("line %d: with its aliases resolved larger than %d MiB, the most that Temporal takes as an input", node.Line, MaximumSize>>20)
	}
	return nil
}

func (w *writer) node(node *yaml.Node, depth int) error {
	if depth > maximumDepth {
		return fmt.Errorf("line %d: nests deeper than %d levels", node.Line, maximumDepth)
	}
	if err := w.visit(node, 1); err != nil {
		return err
	}
	switch node.Kind {
	case yaml.DocumentNode:
		return w.node(node.Content[0], depth)
	case yaml.AliasNode:
		return w.node(node.Alias, depth+1)
	case yaml.SequenceNode:
		return w.sequence(node, depth)
	case yaml.MappingNode:
		return w.mapping(node, depth)
	default:
		return w.scalar(node)
	}
}

func (w *writer) sequence(node *yaml.Node, depth int) error {
	w.out.WriteByte('[')
	for i, element := range node.Content {
		if i > 0 {
			w.out.WriteByte(',')
		}
		if err := w.node(element, depth+1); err != nil {
			return err
		}
	}
	w.out.WriteByte(']')
	return nil
}

func (w *writer) mapping(node *yaml.Node, depth int) error {
	pairs, err := w.pairs(node, 0)
	if err != nil {
		return err
	}
	w.out.WriteByte('{')
	for i, pair := range pairs {
		if i > 0 {
			w.out.WriteByte(',')
		}
		w.text(pair.key)
		w.out.WriteByte(':')
		if err := w.node(pair.value, depth+1); err != nil {
			return err
		}
	}
	w.out.WriteByte('}')
	return nil
}

// scalar writes a value according to the tag that YAML 1.2 resolves it to.
func (w *writer) scalar(node *yaml.Node) error {
	switch tag := node.ShortTag(); tag {
	case "!!null":
		w.out.WriteString("null")
	case "!!bool":
		value := strings.ToLower(node.Value)
		if value != "true" && value != "false" {
			return fmt.Errorf("line %d: %q is neither true nor false", node.Line, node.Value)
		}
		w.out.WriteString(value)
	case "!!int", "!!float":
		number, err := number(node.Value)
		if err != nil {
			return fmt.Errorf("line %d: %w", node.Line, err)
		}
		w.out.WriteString(number)
	case "!!str", "!!timestamp":
		if node.Style == 0 && isNumber(node.Value) {
			w.out.WriteString(node.Value) // a number, although too large for a float
			return nil
		}
		w.text(node.Value)
	default:
		return fmt.Errorf("line %d: a value with the tag %s has no JSON", node.Line, tag)
	}
	return nil
}

func (w *writer) text(text string) {
	w.out.Write(rawjson.Encode(text))
}

// isNumber reports whether the text is a JSON number.
func isNumber(text string) bool {
	return text != "" && strings.Contains("-0123456789", text[:1]) && json.Valid([]byte(text))
}

// number converts a YAML number to a JSON number, with the same digits if JSON
// allows that form.
func number(text string) (string, error) {
	plain := strings.TrimPrefix(strings.ReplaceAll(text, "_", ""), "+")
	if isNumber(plain) {
		return plain, nil
	}
	unsigned := strings.TrimPrefix(plain, "-")
	if len(unsigned) > 1 && unsigned[0] == '0' && strings.Trim(unsigned, "0123456789") == "" {
		return "", fmt.Errorf("%s is an octal number to some and a decimal one to others; put it in quotes if it is text", text)
	}
	if integer, ok := new(big.Int).SetString(plain, 0); ok {
		return integer.String(), nil
	}
	// JSON requires digits on both sides of the point.
	sign := plain[:len(plain)-len(unsigned)]
	if strings.HasPrefix(unsigned, ".") {
		unsigned = "0" + unsigned
	}
	mantissa, exponent := unsigned, ""
	if at := strings.IndexAny(unsigned, "eE"); at >= 0 {
		mantissa, exponent = unsigned[:at], unsigned[at:]
	}
	if strings.HasSuffix(mantissa, ".") {
		mantissa += "0"
	}
	if fixed := sign + mantissa + exponent; isNumber(fixed) {
		return fixed, nil
	}
	return "", fmt.Errorf("%s has no JSON; put it in quotes if it is text", text)
}
