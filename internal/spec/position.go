package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// A Position is a position in a file. Line and Column count from 1; columns are
// in characters.
type Position struct{ Line, Column int }

// An Aim selects a part of a member.
type Aim int

// Aims of [File.Locate].
const (
	// AtValue is the value, or the key of a value that spans several lines.
	AtValue Aim = iota
	// AtKey is the key.
	AtKey
	// AtSecondKey is the second occurrence of a duplicate key.
	AtSecondKey
)

// Locate returns the position of a problem's path in the file, or of the
// longest part of the path that exists. place is that of a [Document], "" for a
// file with one document. A file with a single line has no positions, because
// they would not help.
func (f *File) Locate(place, path string, aim Aim) (Position, bool) {
	if f.json || f.nodes == nil {
		f.searched += len(f.text)
	}
	if f.searched > maximumSearch {
		return Position{}, false
	}
	number, inner := splitPlace(place)
	switch path = joinPath(inner, path); {
	case linesOf(f.text) < 2:
		return Position{}, false
	case path == "" && f.json:
		return f.broken()
	case path == "" && place == "":
		return Position{}, false
	}
	if f.json {
		walk := jsonWalk{f.text}
		return walk.position(walk.find(0, len(f.text), path, aim))
	}
	if f.nodes == nil {
		f.nodes, _ = yamlNodes(f.text) // a text that is not YAML has no positions
	}
	if number >= len(f.nodes) {
		return Position{}, false
	}
	found := findNode(f.nodes[number], nil, path, aim)
	return Position{found.Line, found.Column}, found.Line > 0
}

// broken returns the position at which the text stops being valid JSON.
func (f *File) broken() (Position, bool) {
	var value any
	var syntax *json.SyntaxError
	if !errors.As(json.Unmarshal(f.text, &value), &syntax) {
		return Position{}, false
	}
	at := int(syntax.Offset)
	if at > 0 && at < len(f.text) {
		at-- // the offset is after the invalid character
	}
	return jsonWalk{bytes.TrimRight(f.text, " \t\r\n")}.position(min(at, len(bytes.TrimRight(f.text, " \t\r\n"))))
}

// linesOf returns the number of lines of a text.
func linesOf(text []byte) int { return bytes.Count(bytes.TrimSpace(text), []byte("\n")) + 1 }

var documentPlace = regexp.MustCompile(`^document (\d+) ?`)

// splitPlace splits the place of a document into its number, from 0, and a path
// in it.
func splitPlace(place string) (int, string) {
	match := documentPlace.FindStringSubmatch(place)
	if match == nil {
		return 0, place
	}
	number, _ := strconv.Atoi(match[1]) // a few digits
	return number - 1, place[len(match[0]):]
}

func joinPath(outer, path string) string {
	if outer == "" || path == "" || path[0] == '[' {
		return outer + path
	}
	return outer + "." + path
}

// startsWith reports whether a path leads to a member, and returns the rest of
// the path from there. A key may contain dots.
func startsWith(path, key string) (rest string, does bool) {
	rest, does = strings.CutPrefix(strings.TrimPrefix(path, "."), key)
	return rest, does && key != "" && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// elementOf returns the index at the beginning of a path, and the rest.
func elementOf(path string) (index int, rest string, does bool) {
	inner, rest, closed := strings.Cut(path, "]")
	if !closed || !strings.HasPrefix(inner, "[") {
		return 0, "", false
	}
	index, err := strconv.Atoi(inner[1:])
	return index, rest, err == nil && index >= 0
}

// findNode follows the path. key is the key of node if node is the value of a
// member.
func findNode(node, key *yaml.Node, path string, aim Aim) *yaml.Node {
	node = resolve(node)
	if node.Kind == yaml.DocumentNode {
		return findNode(node.Content[0], nil, path, aim)
	}
	if path != "" {
		if key, value, rest := memberOf(node, path, aim); value != nil {
			return findNode(value, key, rest, aim)
		}
		if index, rest, does := elementOf(path); does && node.Kind == yaml.SequenceNode && index < len(node.Content) {
			return findNode(node.Content[index], nil, rest, aim)
		}
	}
	if key != nil && (path == "" && aim != AtValue || node.Kind != yaml.ScalarNode || node.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0) {
		return key
	}
	return node
}

// memberOf returns the member of a mapping to which the path leads: the one
// with the longest key.
func memberOf(node *yaml.Node, path string, aim Aim) (key, value *yaml.Node, rest string) {
	if node.Kind != yaml.MappingNode {
		return nil, nil, ""
	}
	for i := 0; i+1 < len(node.Content); i += 2 {
		each := resolve(node.Content[i])
		if each.ShortTag() == "!!merge" {
			continue
		}
		after, does := startsWith(path, each.Value)
		if does && (key == nil || len(after) < len(rest) || aim == AtSecondKey && after == "" && rest == "") {
			key, value, rest = each, node.Content[i+1], after
		}
	}
	if key != nil {
		return key, value, rest
	}
	pairs, err := new(writer).pairs(node, 0) // including those of merge keys
	if err != nil {
		return nil, nil, ""
	}
	for _, pair := range pairs {
		if after, does := startsWith(path, pair.key); does && (value == nil || len(after) < len(rest)) {
			value, rest = pair.value, after
		}
	}
	return nil, value, rest
}

// A jsonWalk finds positions in a JSON text.
type jsonWalk struct{ text []byte }

// find returns the offset to which the path leads, in the value between two
// offsets, or -1 if the text is not JSON.
func (w jsonWalk) find(from, to int, path string, aim Aim) int {
	from += skipped(w.text[from:to], " \t\r\n")
	if path == "" || from >= to {
		return from
	}
	members := w.members(from, to)
	var found *jsonMember
	rest := ""
	for i, each := range members {
		after, does := startsWith(path, each.name)
		if each.index >= 0 {
			var index int
			index, after, does = elementOf(path)
			does = does && index == each.index
		}
		if does && (found == nil || len(after) < len(rest) || aim == AtSecondKey && after == "" && rest == "") {
			found, rest = &members[i], after
		}
	}
	switch {
	case found == nil:
		return from
	case found.index < 0 && (rest == "" && aim != AtValue || slices.Contains([]byte("{["), w.text[found.from])):
		if at := w.find(found.from, found.to, rest, aim); at != found.from {
			return at
		}
		return found.key
	default:
		return w.find(found.from, found.to, rest, aim)
	}
}

// A jsonMember is a member of an object, with index -1, or an element of an
// array, with an empty name. The other fields are offsets.
type jsonMember struct {
	name          string
	index         int
	key, from, to int
}

// members returns the members of an object or the elements of an array.
func (w jsonWalk) members(from, to int) []jsonMember {
	decoder := json.NewDecoder(bytes.NewReader(w.text[from:to]))
	open, err := decoder.Token()
	if err != nil || open != json.Delim('{') && open != json.Delim('[') {
		return nil
	}
	next := func() int {
		at := from + int(decoder.InputOffset())
		return at + skipped(w.text[at:to], " \t\r\n,:")
	}
	var all []jsonMember
	for decoder.More() {
		each := jsonMember{index: len(all), key: next()}
		if open == json.Delim('{') {
			name, err := decoder.Token()
			if err != nil {
				break
			}
			each.name, each.index = fmt.Sprint(name), -1
		}
		each.from = next()
		var value json.RawMessage
		if decoder.Decode(&value) != nil {
			break
		}
		each.to = from + int(decoder.InputOffset())
		all = append(all, each)
	}
	return all
}

func skipped(text []byte, blanks string) int { return len(text) - len(bytes.TrimLeft(text, blanks)) }

// position converts an offset to a line and a column.
func (w jsonWalk) position(offset int) (Position, bool) {
	if offset > len(w.text) {
		return Position{}, false
	}
	before := w.text[:offset]
	line := before[bytes.LastIndexByte(before, '\n')+1:]
	return Position{bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(line) + 1}, true
}
