package browser

import (
	"encoding/json"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// Choose sets a field with a list to a value, as a person would. If the list is closed, the
// value must be in it.
func (p *Page) Choose(field, value string) {
	p.t.Helper()
	p.do("choose "+value+" of "+field, chromedp.Focus("", named("combobox", field)))
	encoded, err := json.Marshal(value)
	require.NoError(p.t, err)
	chosen, err := chromedp.Run(p.ctx, chromedp.Evaluate[string](`(() => {
		const field = document.activeElement;
		field.value = `+string(encoded)+`;
		field.dispatchEvent(new Event('input', { bubbles: true }));
		field.dispatchEvent(new Event('change', { bubbles: true }));
		return field.value;
	})()`))
	require.NoError(p.t, err)
	require.Equal(p.t, value, chosen, "%s does not offer it", field)
}
