package spec

import (
	"bytes"
	"encoding/json"
	"errors"

	"go.yaml.in/yaml/v3"
)

// ToYAML converts a JSON value to YAML in block style, the inverse of [ToJSON].
// It keeps the order of keys and the digits of every number.
func ToYAML(data []byte) ([]byte, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	node, err := yamlOf(decoder)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	encoder := yaml.NewEncoder(&b)
	encoder.SetIndent(2)
	err = errors.Join(encoder.Encode(node), encoder.Close())
	return b.Bytes(), err
}

// yamlOf converts the next value.
func yamlOf(decoder *json.Decoder) (*yaml.Node, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, err
	}
	switch token := token.(type) {
	case json.Delim:
		node := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		if token == '[' {
			node = &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		}
		for decoder.More() { // keys and values alternate
			inner, err := yamlOf(decoder)
			if err != nil {
				return nil, err
			}
			node.Content = append(node.Content, inner)
		}
		_, err = decoder.Token()
		return node, err
	case json.Number:
		return &yaml.Node{Kind: yaml.ScalarNode, Value: token.String()}, nil
	default:
		node := new(yaml.Node)
		err := node.Encode(token)
		if token == "<<" { // a string, not a merge key
			node.Tag, node.Style = "!!str", yaml.DoubleQuotedStyle
		}
		return node, err
	}
}
