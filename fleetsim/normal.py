"""The standard normal distribution, compiled: the same bits for everybody who asks."""

from __future__ import annotations

import math

from fleetsim.compiled import helper

_SPLIT_Q, _SPLIT_R = 0.425, 5.0


@helper
def normal_cdf(x):
    """Probability that a standard normal is at most x."""
    return 0.5 * math.erfc(-x * 0.7071067811865476)


@helper
def normal_quantile(p):
    """The x with `normal_cdf(x) == p` for p strictly between 0 and 1, to about 1e-16.

    Rational approximations of Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Applied
    Statistics 37 (1988), routine PPND16.
    """
    q = p - 0.5
    if abs(q) <= _SPLIT_Q:
        r = 0.180625 - q * q
        return q * _centre_numerator(r) / _centre_denominator(r)
    r = math.sqrt(-math.log(p if q < 0.0 else 1.0 - p))
    x = _near_tail(r - 1.6) if r <= _SPLIT_R else _far_tail(r - 5.0)
    return -x if q < 0.0 else x


@helper
def _centre_numerator(r):
    s = 2.5090809287301226727e3 * r + 3.3430575583588128105e4
    s = s * r + 6.7265770927008700853e4
    s = s * r + 4.5921953931549871457e4
    s = s * r + 1.3731693765509461125e4
    s = s * r + 1.9715909503065514427e3
    s = s * r + 1.3314166789178437745e2
    return s * r + 3.3871328727963666080e0


@helper
def _centre_denominator(r):
    s = 5.2264952788528545610e3 * r + 2.8729085735721942674e4
    s = s * r + 3.9307895800092710610e4
    s = s * r + 2.1213794301586595867e4
    s = s * r + 5.3941960214247511077e3
    s = s * r + 6.8718700749205790830e2
    s = s * r + 4.2313330701600911252e1
    return s * r + 1.0


@helper
def _near_tail(r):
    s = 7.74545014278341407640e-4 * r + 2.27238449892691845833e-2
    s = s * r + 2.41780725177450611770e-1
    s = s * r + 1.27045825245236838258e0
    s = s * r + 3.64784832476320460504e0
    s = s * r + 5.76949722146069140550e0
    s = s * r + 4.63033784615654529590e0
    s = s * r + 1.42343711074968357734e0
    t = 1.05075007164441684324e-9 * r + 5.47593808499534494600e-4
    t = t * r + 1.51986665636164571966e-2
    t = t * r + 1.48103976427480074590e-1
    t = t * r + 6.89767334985100004550e-1
    t = t * r + 1.67638483018380384940e0
    t = t * r + 2.05319162663775882187e0
    return s / (t * r + 1.0)


@helper
def _far_tail(r):
    s = 2.01033439929228813265e-7 * r + 2.71155556874348757815e-5
    s = s * r + 1.24266094738807843860e-3
    s = s * r + 2.65321895265761230930e-2
    s = s * r + 2.96560571828504891230e-1
    s = s * r + 1.78482653991729133580e0
    s = s * r + 5.46378491116411436990e0
    s = s * r + 6.65790464350110377720e0
    t = 2.04426310338993978564e-15 * r + 1.42151175831644588870e-7
    t = t * r + 1.84631831751005468180e-5
    t = t * r + 7.86869131145613259100e-4
    t = t * r + 1.48753612908506148525e-2
    t = t * r + 1.36929880922735805310e-1
    t = t * r + 5.99832206555887937690e-1
    return s / (t * r + 1.0)
