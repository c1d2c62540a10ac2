# Stand-in for an installed Slicer, so that plain cmake can configure the extension:
#   cmake -S . -B build -DSlicer_DIR=$PWD/Testing/fakeSlicer
# It builds nothing. It stops where Slicer would stop, and also where a module's folder holds a
# file that its list does not name, which Slicer would leave out of the package silently.
set(Slicer_USE_FILE ${CMAKE_CURRENT_LIST_DIR}/UseSlicer.cmake)
set(Slicer_EXTENSION_GENERATE_CONFIG ${CMAKE_CURRENT_LIST_DIR}/GenerateConfig.cmake)
set(Slicer_EXTENSION_CPACK ${CMAKE_CURRENT_LIST_DIR}/Package.cmake)
