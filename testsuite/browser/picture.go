package browser

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"maps"
	"slices"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// Picture returns a PNG of the window, in its 256 most frequent colors, which pages seldom
// exceed.
func (p *Page) Picture() []byte {
	p.t.Helper()
	taken, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	require.NoError(p.t, err)
	decoded, err := png.Decode(bytes.NewReader(taken))
	require.NoError(p.t, err)
	var encoded bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	require.NoError(p.t, encoder.Encode(&encoded, paletted(decoded)))
	return encoded.Bytes()
}

// paletted reduces a picture to its most frequent colors, replacing each other one by the
// nearest of them.
func paletted(from image.Image) *image.Paletted {
	bounds := from.Bounds()
	counts := map[color.RGBA]int{}
	at := func(x, y int) color.RGBA { return color.RGBAModel.Convert(from.At(x, y)).(color.RGBA) }
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			counts[at(x, y)]++
		}
	}
	frequent := slices.SortedFunc(maps.Keys(counts), func(a, b color.RGBA) int { return cmp.Compare(counts[b], counts[a]) })
	palette := color.Palette{}
	for _, each := range frequent[:min(len(frequent), 256)] {
		palette = append(palette, each)
	}
	nearest := map[color.RGBA]uint8{}
	to := image.NewPaletted(bounds, palette)
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			each := at(x, y)
			index, known := nearest[each]
			if !known {
				index = uint8(palette.Index(each))
				nearest[each] = index
			}
			to.SetColorIndex(x, y, index)
		}
	}
	return to
}
