package spec

import (
	"fmt"
	"io"

	"go.yaml.in/yaml/v3"
)

// A File is the text that a person wrote. It can be asked for its content as
// JSON, and where in it something stands.
type File struct {
	text []byte
	json bool
	// nodes are the documents of YAML, once they were looked for.
	nodes []*yaml.Node
	// searched is how many bytes were searched for places.
	searched int
}

// maximumSearch bounds the search for places in one file, in bytes: nobody
// reads that many problems.
const maximumSearch = 512 << 20

// Open reads the file, or in where the name is "-"; one that may hold several
// documents is bounded by [MaximumFile], any other by [MaximumSize]. A file
// called *.json is JSON, one called *.yaml or *.yml is YAML; all else is JSON
// where it begins with a brace and YAML where it does not.
func Open(name string, in io.Reader, several bool) (*File, error) {
	most := int64(MaximumSize)
	if several {
		most = MaximumFile
	}
	text, err := readBounded(name, in, most)
	if err != nil {
		return nil, err
	}
	return &File{text: text, json: isJSON(name, text)}, nil
}

// JSON returns what a file of one document holds.
func (f *File) JSON() ([]byte, error) {
	if f.json {
		return f.text, nil
	}
	return ToJSON(f.text)
}

// Documents returns all that the file holds: YAML documents, each of which may
// be a list, as may a JSON file. Documents without content are left out.
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
