"""Made patients with a known truth.

`anatomy`, `regions` and `treatment` are the patient, `scans` and `voxels` what scanners make of
it, the `…File(s)` modules the DICOM objects. Nothing here uses the program's own writers, so that
its results can be held against this truth.
"""
