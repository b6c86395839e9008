package expr

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// Tree is a JSON value (a body, input or args given as JSON) in which every string is a template. A
// string that consists of a single ${…} becomes its value with its type. Keys are not templates;
// all else is unchanged, compact, with its keys in order. A Tree is immutable and safe for
// concurrent use.
type Tree struct {
	root node
	uses []string
	size int // of its source, in bytes
}

// node is one value of a tree.
type node interface {
	// render appends the value as JSON.
	render(out []byte, s *scope) ([]byte, error)
}

type (
	staticNode []byte // JSON without expressions
	listNode   []node
	objectNode []fieldNode
	fieldNode  struct {
		key   []byte // as JSON, with its colon
		value node
	}
	leafNode struct {
		path     string
		keys     []string // that lead to it
		template *Template
	}
)

// CompileTree compiles a JSON value. The error names the path of each invalid string
// (`.items[0].text: …`) and unwraps to its [*CompileError]. A value over MaxTemplate, or nested
// deeper than 100 levels, is rejected. Recently compiled values are cached, so that compiling them
// again is cheap.
func CompileTree(value json.RawMessage) (*Tree, error) { return compiledTree(string(value)) }

func compiledTree(source string) (*Tree, error) {
	return compiledTrees.orCompile(source, len(source), func() (*Tree, error) { return compileTree([]byte(source)) })
}

func compileTree(value json.RawMessage) (*Tree, error) {
	if len(value) > MaxTemplate {
		return nil, &CompileError{Source: string(value[:80]), Message: fmt.Sprintf("the value is over %d KiB", MaxTemplate>>10), cause: ErrTooLarge}
	}
	decoder := json.NewDecoder(bytes.NewReader(value))
	decoder.UseNumber()
	b := &treeBuilder{decoder: decoder}
	root, err := b.value("", nil, 0)
	if err == nil {
		if _, more := decoder.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("more than one value")
		}
	}
	if err != nil {
		return nil, &CompileError{Source: string(value), Message: fmt.Sprintf("the value is not JSON that can be used: %v", err)}
	}
	if len(b.errs) > 0 {
		return nil, errors.Join(b.errs...)
	}
	return &Tree{root: root, uses: unique(b.uses), size: len(value)}, nil
}

// treeBuilder reads JSON, compiles its strings, and collects their errors.
type treeBuilder struct {
	decoder *json.Decoder
	errs    []error
	uses    []string
	parts   int
}

func (b *treeBuilder) value(path string, keys []string, depth int) (node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("nested deeper than %d", maxDepth)
	}
	token, err := b.decoder.Token()
	if err != nil {
		return nil, err
	}
	switch t := token.(type) {
	case json.Delim:
		if t == '[' {
			return b.list(path, keys, depth)
		}
		return b.object(path, keys, depth)
	case string:
		return b.leaf(path, keys, t), nil
	case json.Number:
		return staticNode(t), nil
	case bool:
		return staticNode(strconv.FormatBool(t)), nil
	default:
		return staticNode("null"), nil
	}
}

func (b *treeBuilder) list(path string, keys []string, depth int) (node, error) {
	list := listNode{}
	for b.decoder.More() {
		element, err := b.value(path+"["+strconv.Itoa(len(list))+"]", keys, depth+1)
		if err != nil {
			return nil, err
		}
		list = append(list, element)
	}
	_, err := b.decoder.Token()
	return joinStatic(list), err
}

func (b *treeBuilder) object(path string, keys []string, depth int) (node, error) {
	object := objectNode{}
	for b.decoder.More() {
		token, err := b.decoder.Token()
		if err != nil {
			return nil, err
		}
		key, _ := token.(string)
		value, err := b.value(path+keyPath(key), append(keys[:len(keys):len(keys)], key), depth+1)
		if err != nil {
			return nil, err
		}
		object = append(object, fieldNode{key: append(appendString(nil, key), ':'), value: value})
	}
	_, err := b.decoder.Token()
	return joinStatic(object), err
}

func (b *treeBuilder) leaf(path string, keys []string, source string) node {
	if len(b.errs) >= maxErrors {
		return staticNode(nil)
	}
	template, err := CompileTemplate(source, InText)
	if err == nil {
		if b.parts += template.parts; b.parts > MaxParts {
			err = tooManyParts(source, b.parts)
		}
	}
	switch {
	case err != nil:
		if path != "" {
			err = fmt.Errorf("%s: %w", path, err)
		}
		b.errs = append(b.errs, err)
		return staticNode(nil)
	case template.Static():
		text, _ := template.Render(nil)
		return staticNode(appendString(nil, text))
	}
	b.uses = append(b.uses, template.uses...)
	return leafNode{path: path, keys: keys, template: template}
}

// joinStatic merges a list or object without expressions into one piece of JSON.
func joinStatic(n node) node {
	switch v := n.(type) {
	case listNode:
		if slices.ContainsFunc(v, func(n node) bool { return !isStatic(n) }) {
			return n
		}
	case objectNode:
		if slices.ContainsFunc(v, func(f fieldNode) bool { return !isStatic(f.value) }) {
			return n
		}
	}
	out, _ := n.render(nil, nil)
	return staticNode(out)
}

func isStatic(n node) bool {
	_, static := n.(staticNode)
	return static
}

// keyPath returns a key as an element of a path.
func keyPath(key string) string {
	for i := range len(key) {
		if !isIdentifier(key[i]) && key[i] != '-' {
			return fmt.Sprintf("[%q]", key)
		}
	}
	if key == "" {
		return `[""]`
	}
	return "." + key
}

// Uses lists the root variables that the tree refers to, sorted.
func (t *Tree) Uses() []string { return slices.Clone(t.uses) }

// Reads reports whether the tree refers to any of these root variables.
func (t *Tree) Reads(names ...string) bool { return reads(t.uses, names) }

// Static reports whether no string of the tree has an expression.
func (t *Tree) Static() bool { return isStatic(t.root) }

// Render returns the JSON with each string rendered. The error names the path of the string, and
// unwraps to an [*EvalError].
func (t *Tree) Render(vars Variables) (json.RawMessage, error) {
	return t.RenderEscaped(vars, nil)
}

// RenderEscaped is [Tree.Render] with values escaped a second time, for the consumer of the JSON.
func (t *Tree) RenderEscaped(vars Variables, escape Escape) (json.RawMessage, error) {
	s := newScope(vars)
	s.escape = escape
	out, err := t.root.render(make([]byte, 0, t.size+usualValues), s)
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (n staticNode) render(out []byte, s *scope) ([]byte, error) {
	out = append(out, n...)
	if s != nil && len(out) > MaxOutput {
		return nil, evalError("the value", outputTooLarge(MaxOutput))
	}
	return out, nil
}

func (n listNode) render(out []byte, s *scope) ([]byte, error) {
	out = append(out, '[')
	for i, element := range n {
		if i > 0 {
			out = append(out, ',')
		}
		var err error
		if out, err = element.render(out, s); err != nil {
			return nil, err
		}
	}
	return append(out, ']'), nil
}

func (n objectNode) render(out []byte, s *scope) ([]byte, error) {
	out = append(out, '{')
	for i, field := range n {
		if i > 0 {
			out = append(out, ',')
		}
		var err error
		if out, err = field.value.render(append(out, field.key...), s); err != nil {
			return nil, err
		}
	}
	return append(out, '}'), nil
}

func (n leafNode) render(out []byte, s *scope) ([]byte, error) {
	out, err := n.append(out, s)
	if err != nil && n.path != "" {
		return nil, fmt.Errorf("%s: %w", n.path, err)
	}
	return out, err
}

func (n leafNode) append(out []byte, s *scope) ([]byte, error) {
	if e := n.template.single(); e != nil {
		return s.appendEscapedJSON(out, n.keys, e)
	}
	out, err := n.template.appendString(out, n.keys, s)
	if err == nil && len(out) > MaxOutput {
		err = evalError(n.template.source, outputTooLarge(MaxOutput))
	}
	return out, err
}
