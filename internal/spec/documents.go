package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// MaximumFile is the largest file of several documents that is read, in bytes.
// Each document is bounded by [MaximumSize].
const MaximumFile = 64 << 20

// A Document is one of those that a file holds, as JSON.
type Document struct {
	Data []byte
	// Place says which of the file's documents it is, such as "document 2" or
	// "[0]"; empty if the file has only this one.
	Place string
}

// ReadAll reads the file, or in where the name is "-", as [Read] does, and
// returns all that it holds: YAML documents, each of which may be a list, as may
// a JSON file. Documents without content are left out.
func ReadAll(name string, in io.Reader) ([]Document, error) {
	file, err := Open(name, in, true)
	if err != nil {
		return nil, err
	}
	return file.Documents()
}

func prefixed(place string) string {
	if place == "" {
		return ""
	}
	return place + " is "
}

// jsonDocuments returns the elements of a list. What is not JSON stays, for
// strict decoding to say what is wrong.
func jsonDocuments(data []byte) []Document {
	var elements []json.RawMessage
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) || json.Unmarshal(data, &elements) != nil {
		return []Document{{Data: data}}
	}
	documents := make([]Document, len(elements))
	for i, element := range elements {
		documents[i] = Document{element, fmt.Sprintf("[%d]", i)}
	}
	return documents
}

func yamlDocuments(data []byte) ([]Document, error) {
	nodes, err := yamlNodes(data)
	if err != nil {
		return nil, err
	}
	var documents []Document
	for i, node := range nodes {
		place := ""
		if len(nodes) > 1 {
			place = fmt.Sprintf("document %d", i+1)
		}
		elements, places := []*yaml.Node{node}, []string{place}
		if root := node.Content[0]; root.Kind == yaml.SequenceNode {
			elements, places = root.Content, nil
			for at := range elements {
				places = append(places, fmt.Sprintf("%s[%d]", place, at))
			}
		}
		for at, element := range elements {
			converted, err := nodeToJSON(element)
			if err != nil {
				return nil, err
			}
			documents = append(documents, Document{converted, places[at]})
		}
	}
	return documents, nil
}

// yamlNodes returns the documents that hold anything.
func yamlNodes(data []byte) ([]*yaml.Node, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var nodes []*yaml.Node
	for {
		node := new(yaml.Node)
		switch err := decoder.Decode(node); {
		case errors.Is(err, io.EOF):
			return nodes, nil
		case err != nil:
			return nil, noYAML(data, err)
		}
		if root := node.Content[0]; root.Kind != yaml.ScalarNode || root.ShortTag() != "!!null" {
			nodes = append(nodes, node)
		}
	}
}
