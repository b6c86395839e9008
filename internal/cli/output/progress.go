package output

import "fmt"

// A Progress shows the progress of long work on a terminal, in one line of standard error that
// End erases.
type Progress struct {
	printer *Printer
	shown   bool
}

// Progress returns an empty line of progress.
func (p *Printer) Progress() *Progress { return &Progress{printer: p} }

// Show replaces the text of the line.
func (p *Progress) Show(format string, args ...any) {
	if !p.printer.Interactive || !p.printer.Terminal {
		return
	}
	fmt.Fprintf(p.printer.Err, "\r\x1b[K"+format+" …", args...)
	p.shown = true
}

// End erases the line.
func (p *Progress) End() {
	if p.shown {
		fmt.Fprint(p.printer.Err, "\r\x1b[K")
	}
}
