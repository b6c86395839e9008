package output

import "fmt"

// Progress shows on a terminal how far long work is, in one line of standard
// error that End wipes.
type Progress struct {
	printer *Printer
	shown   bool
}

// Progress returns a line of progress that shows nothing yet.
func (p *Printer) Progress() *Progress { return &Progress{printer: p} }

// Show shows a text in place of the one before.
func (p *Progress) Show(format string, args ...any) {
	if !p.printer.Interactive || !p.printer.Terminal {
		return
	}
	fmt.Fprintf(p.printer.Err, "\r\x1b[K"+format+" …", args...)
	p.shown = true
}

// End wipes the line.
func (p *Progress) End() {
	if p.shown {
		fmt.Fprint(p.printer.Err, "\r\x1b[K")
	}
}
