package main

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path"
	"path/filepath"
	"time"
)

// writeTar writes files into a folder of an archive, all with the same time and no
// owner. Programs, which have no suffix, may be executed.
func writeTar(name, folder string, files []string, at time.Time) error {
	return create(name, func(out io.Writer) error {
		zipped := gzip.NewWriter(out)
		archive := tar.NewWriter(zipped)
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			header := &tar.Header{Typeflag: tar.TypeReg, Name: path.Join(folder, filepath.Base(file)), Size: int64(len(text)),
				Mode: modeOf(file), ModTime: at, Format: tar.FormatPAX}
			if err := archive.WriteHeader(header); err != nil {
				return err
			}
			if _, err := archive.Write(text); err != nil {
				return err
			}
		}
		return errors.Join(archive.Close(), zipped.Close())
	})
}

// writeZip is writeTar for Windows.
func writeZip(name, folder string, files []string, at time.Time) error {
	return create(name, func(out io.Writer) error {
		archive := zip.NewWriter(out)
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				return err
			}
			entry, err := archive.CreateHeader(&zip.FileHeader{Name: path.Join(folder, filepath.Base(file)), Method: zip.Deflate, Modified: at})
			if err != nil {
				return err
			}
			if _, err := entry.Write(text); err != nil {
				return err
			}
		}
		return archive.Close()
	})
}

func modeOf(file string) int64 {
	if filepath.Ext(file) == "" {
		return 0o755
	}
	return 0o644
}

func create(name string, write func(io.Writer) error) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}
