"""How long steps take (engine/steps.py), in plain Python, whose integers do not overflow."""

from fleetsim.engine import steps

first_step_ns = getattr(steps.first_step_ns, "py_func", steps.first_step_ns)
growth_per_step_ns = getattr(steps.growth_per_step_ns, "py_func", steps.growth_per_step_ns)
run_end_ns = getattr(steps.run_end_ns, "py_func", steps.run_end_ns)
