"""Made patients of whom two scans differ by a deformation that is known in closed form.

`deformations` are the maps, `pointMap` and `pairs` the two scans, `encodings` and `encodedMap` the
grids and matrices that hold a map, `deformationFiles` the DICOM objects. As in the phantoms of the
rigid library nothing here uses the program's own writers or its interpolation.
"""
