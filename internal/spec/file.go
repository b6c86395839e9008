package spec

import (
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// A File is a text that a person wrote. It provides the content as JSON, and
// locates paths in the text.
type File struct {
	text []byte
	json bool
	// nodes are the documents of a YAML file, once parsed.
	nodes []*yaml.Node
	// searched is the number of bytes searched for paths so far.
	searched int
}

// maximumSearch bounds the search for paths in one file, in bytes: nobody reads
// that many problems.
const maximumSearch = 512 << 20

// Open reads a file, or in if the name is "-". If it may hold several
// documents, its size is bounded by [MaximumFile], otherwise by [MaximumSize].
// A file called *.json is JSON, one called *.yaml or *.yml is YAML; any other
// is JSON if it begins with a brace, and YAML otherwise.
func Open(name string, in io.Reader, several bool) (*File, error) {
	most := int64(MaximumSize)
	if several {
		most = MaximumFile
	}
	content, err := textOf(name, in, most)
	if err != nil {
		return nil, err
	}
	return &File{text: content, json: isJSON(name, content)}, nil
}

// JSON returns the content of a file with one document.
func (f *File) JSON() ([]byte, error) {
	if f.json {
		return f.text, nil
	}
	return ToJSON(f.text)
}

// Documents returns all documents of the file: YAML documents, or a JSON
// document, each of which may be a list of documents. It leaves out empty
// documents.
func (f *File) Documents() ([]Document, error) {
	documents := []Document(nil)
	if f.json {
		documents = jsonDocuments(f.text)
	} else {
		var err error
		if documents, err = yamlDocuments(f.text); err != nil {
			return nil, err
		}
	}
	for _, document := range documents {
		if len(document.Data) > MaximumSize {
			return nil, fmt.Errorf("%slarger than %d MiB, the most that Temporal takes as an input", prefixed(document.Place), MaximumSize>>20)
		}
	}
	return documents, nil
}
