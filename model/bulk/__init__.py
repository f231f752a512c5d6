"""A folder of tables scored part by part, on every core of this machine or on a Dask cluster.

A part is a stretch of one file's rows. Whoever scores it reads the rows and writes the part's results itself, so that
no narrative passes through a scheduler; only paths and counts do.
"""
