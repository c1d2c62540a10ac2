"""The parts of a fused picture: slices, colors, fusion, outlines, words and layout."""
