# What would be packed, one path a line
get_property(_files GLOBAL PROPERTY FAKE_SLICER_FILES)
list(JOIN _files "\n" _lines)
file(WRITE ${CMAKE_BINARY_DIR}/packed.txt "${_lines}\n")
