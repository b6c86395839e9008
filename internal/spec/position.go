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

// A Position is a place in a file. Line and Column count from 1, a column in
// characters.
type Position struct{ Line, Column int }

// Which of two places of a member is asked for.
type Aim int

// The aims of [File.Locate].
const (
	// AtValue is the value, or the key of one that spreads over lines.
	AtValue Aim = iota
	// AtKey is the key.
	AtKey
	// AtSecondKey is the key of a member that stands twice, where it stands again.
	AtSecondKey
)

// Locate returns where in the file the path of a problem leads, or else the
// last part of it that is there. The place is that of a [Document], "" for a
// file of one. A file of a single line has no places: they would say nothing.
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
		f.nodes, _ = yamlNodes(f.text) // what is no YAML has no places
	}
	if number >= len(f.nodes) {
		return Position{}, false
	}
	found := findNode(f.nodes[number], nil, path, aim)
	return Position{found.Line, found.Column}, found.Line > 0
}

// broken returns where the text stops being JSON.
func (f *File) broken() (Position, bool) {
	var value any
	var syntax *json.SyntaxError
	if !errors.As(json.Unmarshal(f.text, &value), &syntax) {
		return Position{}, false
	}
	at := int(syntax.Offset)
	if at > 0 && at < len(f.text) {
		at-- // which is behind the character that is wrong
	}
	return jsonWalk{bytes.TrimRight(f.text, " \t\r\n")}.position(min(at, len(bytes.TrimRight(f.text, " \t\r\n"))))
}

// linesOf counts the lines of a text.
func linesOf(text []byte) int { return bytes.Count(bytes.TrimSpace(text), []byte("\n")) + 1 }

var documentPlace = regexp.MustCompile(`^document (\d+) ?`)

// splitPlace parts the place of a document into its number, from 0, and a path
// within it.
func splitPlace(place string) (int, string) {
	match := documentPlace.FindStringSubmatch(place)
	if match == nil {
		return 0, place
	}
	number, _ := strconv.Atoi(match[1]) // digits, and few
	return number - 1, place[len(match[0]):]
}

func joinPath(outer, path string) string {
	if outer == "" || path == "" || path[0] == '[' {
		return outer + path
	}
	return outer + "." + path
}

// startsWith reports whether a path leads to a member, and the rest of it from
// there. A key may hold dots.
func startsWith(path, key string) (rest string, does bool) {
	rest, does = strings.CutPrefix(strings.TrimPrefix(path, "."), key)
	return rest, does && key != "" && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// elementOf reads the index with which a path begins.
func elementOf(path string) (index int, rest string, does bool) {
	inner, rest, closed := strings.Cut(path, "]")
	if !closed || !strings.HasPrefix(inner, "[") {
		return 0, "", false
	}
	index, err := strconv.Atoi(inner[1:])
	return index, rest, err == nil && index >= 0
}

// findNode walks down the path. The key is that of the node, where it is a
// member's value.
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

// memberOf finds the member of a mapping to which the path leads: the one of
// the longest key.
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
	pairs, err := new(writer).pairs(node, 0) // those of merge keys
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

// A jsonWalk finds places in the text of a file that is JSON.
type jsonWalk struct{ text []byte }

// find returns the offset of what the path leads to, within the value that
// stands between two offsets; -1 where the text is no JSON.
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

// A jsonMember is a member of an object, or an element of an array: then name is
// empty and index its number, else -1. The others are offsets.
type jsonMember struct {
	name          string
	index         int
	key, from, to int
}

// members lists what is in an object or an array.
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

// position turns an offset into a line and a column.
func (w jsonWalk) position(offset int) (Position, bool) {
	if offset > len(w.text) {
		return Position{}, false
	}
	before := w.text[:offset]
	line := before[bytes.LastIndexByte(before, '\n')+1:]
	return Position{bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(line) + 1}, true
}
