"""Any result table with a label column: figures, curves, calibration, suspicious rows, drift.

The face: every function takes the settings, the path of a Parquet table (a run's ``result.parquet`` or an uploaded table) and an
:class:`EvaluationSpec`; :func:`spec_of_run` and :func:`suggest_spec` make one. Numbers come back as the objects of
:mod:`core.evaluation.results`.
"""
