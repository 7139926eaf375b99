//! The gamma function and its logarithm, by Lanczos' approximation with the parameters that CPython and Boost use, so that
//! the results are the same to the last digit.

use std::f64::consts::PI;

/// Lanczos' g less one half, and g.
const G_MINUS_HALF: f64 = 5.524_680_040_776_73;
const G: f64 = 6.024_680_040_776_73;
const LOG_PI: f64 = 1.144_729_885_849_400_2;
/// Factorials of less are exact; beyond, the series is computed.
const MAX_EXACT: f64 = 23.0;

const NUMERATOR: [f64; 13] = [
    23_531_376_880.410_76,
    42_919_803_642.649_1,
    35_711_959_237.355_67,
    17_921_034_426.037_21,
    6_039_542_586.352_028,
    1_439_720_407.311_721_6,
    248_874_557.862_054_17,
    31_426_415.585_400_194,
    2_876_370.628_935_372_5,
    186_056.265_395_223_48,
    8_071.672_002_365_816,
    210.824_277_751_579_36,
    2.506_628_274_631_000_2,
];

/// The coefficients of x (x + 1) … (x + 11).
const DENOMINATOR: [f64; 13] = [
    0.0,
    39_916_800.0,
    120_543_840.0,
    150_917_976.0,
    105_258_076.0,
    45_995_730.0,
    13_339_535.0,
    2_637_558.0,
    357_423.0,
    32_670.0,
    1_925.0,
    66.0,
    1.0,
];

/// Gamma; NaN and infinity where there is no result.
pub(super) fn gamma(x: f64) -> f64 {
    if x.is_nan() || x == f64::INFINITY {
        return x;
    }
    if x == 0.0 {
        return 1.0 / x;
    }
    if x == x.floor() {
        if x < 0.0 {
            return f64::NAN;
        }
        if x <= MAX_EXACT {
            return (1..x as u64).map(|n| n as f64).product();
        }
    }
    let magnitude = x.abs();
    if magnitude < 1e-20 {
        return 1.0 / x;
    }
    if magnitude > 200.0 {
        return if x < 0.0 { 0.0 / sin_pi(x) } else { f64::INFINITY };
    }
    let y = magnitude + G_MINUS_HALF;
    // What the addition above rounded away.
    let error = if magnitude > G_MINUS_HALF {
        (y - magnitude) - G_MINUS_HALF
    } else {
        (y - G_MINUS_HALF) - magnitude
    };
    let correction = error * G / y;
    if x < 0.0 {
        let result = -PI / sin_pi(magnitude) / magnitude * y.exp() / series(magnitude);
        scale(result - correction * result, y, magnitude, |result, power| result / power)
    } else {
        let result = series(magnitude) / y.exp();
        scale(result + correction * result, y, magnitude, |result, power| result * power)
    }
}

/// Times (or divided by) `y ** (x - 1/2)`, in two steps where that alone would be too large.
fn scale(result: f64, y: f64, x: f64, apply: fn(f64, f64) -> f64) -> f64 {
    if x < 140.0 {
        apply(result, y.powf(x - 0.5))
    } else {
        let root = y.powf(x / 2.0 - 0.25);
        apply(apply(result, root), root)
    }
}

/// The logarithm of gamma's magnitude; infinity at its poles.
pub(super) fn log_gamma(x: f64) -> f64 {
    if !x.is_finite() {
        return if x.is_nan() { x } else { f64::INFINITY };
    }
    if x == x.floor() && x <= 2.0 {
        return if x <= 0.0 { f64::INFINITY } else { 0.0 };
    }
    let magnitude = x.abs();
    if magnitude < 1e-20 {
        return -magnitude.ln();
    }
    let mut result = series(magnitude).ln() - G;
    result += (magnitude - 0.5) * ((magnitude + G - 0.5).ln() - 1.0);
    if x < 0.0 {
        result = LOG_PI - sin_pi(magnitude).abs().ln() - magnitude.ln() - result;
    }
    result
}

/// Lanczos' sum as a quotient of polynomials, for large x of polynomials in 1/x.
fn series(x: f64) -> f64 {
    let pairs = NUMERATOR.iter().zip(&DENOMINATOR);
    let (above, below) = if x < 5.0 {
        pairs.rev().fold((0.0, 0.0), |(above, below), (n, d)| (above * x + n, below * x + d))
    } else {
        pairs.fold((0.0, 0.0), |(above, below), (n, d)| (above / x + n, below / x + d))
    };
    above / below
}

/// sin(pi x), accurate near integers; x is finite.
fn sin_pi(x: f64) -> f64 {
    let y = x.abs() % 2.0;
    let value = match (2.0 * y).round() as i32 {
        0 => (PI * y).sin(),
        1 => (PI * (y - 0.5)).cos(),
        2 => (PI * (1.0 - y)).sin(),
        3 => -(PI * (y - 1.5)).cos(),
        _ => (PI * (y - 2.0)).sin(),
    };
    1.0f64.copysign(x) * value
}
