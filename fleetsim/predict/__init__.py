"""Predicting measured systems: every row of a table of measurements is simulated as it was measured."""

from fleetsim.predict.files import predict_table, read_table, write_table
from fleetsim.predict.points import predict_points
from fleetsim.predict.prediction import Prediction
from fleetsim.predict.rows import Point, Row, rows_of

__all__ = ["Point", "Prediction", "Row", "predict_points", "predict_table", "read_table", "rows_of", "write_table"]
