package spec

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// MaximumFile is the maximum size of a file with several documents, in bytes.
// Each document is bounded by [MaximumSize].
const MaximumFile = 64 << 20

// A Document is one document of a file, as JSON.
type Document struct {
	Data []byte
	// Place says which document of the file it is, such as "document 2" or
	// "[0]"; empty if it is the only one.
	Place string
}

// ReadAll reads a file, or in if the name is "-", like [Read], and returns all
// its documents: YAML documents, or a JSON document, each of which may be a
// list of documents. It leaves out empty documents.
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

// jsonDocuments returns the elements of a list. A text that is not JSON is
// returned unchanged, so that strict decoding reports the error.
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

// yamlNodes returns the documents that are not empty.
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
