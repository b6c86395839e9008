package spec

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// pair is a key of a mapping with its value.
type pair struct {
	key   string
	value *yaml.Node
}

// pairs returns a mapping's pairs, followed by those that merge keys (<<) add
// for keys that the mapping itself does not have.
func (w *writer) pairs(node *yaml.Node, depth int) ([]pair, error) {
	if depth > maximumDepth {
		return nil, fmt.Errorf("line %d: merge keys nest deeper than %d levels", node.Line, maximumDepth)
	}
	if err := w.visit(node, len(node.Content)); err != nil {
		return nil, err
	}
	var own, merged []pair
	taken := map[string]bool{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := resolve(node.Content[i]), node.Content[i+1]
		switch {
		case key.Kind != yaml.ScalarNode:
			return nil, fmt.Errorf("line %d: a key is a text", key.Line)
		case key.ShortTag() == "!!merge":
			more, err := w.merged(value, depth)
			if err != nil {
				return nil, err
			}
			merged = append(merged, more...)
		default:
			own = append(own, pair{key.Value, value})
			taken[key.Value] = true
		}
	}
	for _, p := range merged {
		if !taken[p.key] {
			own = append(own, p)
			taken[p.key] = true
		}
	}
	return own, nil
}

// merged returns the pairs that the value of a merge key adds: those of a
// mapping, or of several, of which the first with a key takes precedence.
func (w *writer) merged(value *yaml.Node, depth int) ([]pair, error) {
	value = resolve(value)
	switch value.Kind {
	case yaml.MappingNode:
		return w.pairs(value, depth+1)
	case yaml.SequenceNode:
		var all []pair
		for _, element := range value.Content {
			element = resolve(element)
			if element.Kind != yaml.MappingNode {
				return nil, fmt.Errorf("line %d: << takes mappings", element.Line)
			}
			pairs, err := w.pairs(element, depth+1)
			if err != nil {
				return nil, err
			}
			all = append(all, pairs...)
		}
		return all, nil
	default:
		return nil, fmt.Errorf("line %d: << takes a mapping or a list of them", value.Line)
	}
}

func resolve(node *yaml.Node) *yaml.Node {
	if node.Kind == yaml.AliasNode {
		return node.Alias
	}
	return node
}
