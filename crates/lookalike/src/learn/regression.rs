//! Logistic regression by Newton's method, drawn towards zero.

use super::precise;
use crate::signals::{Signal, Values};

const SIGNALS: usize = Signal::ALL.len();
const ROUNDS: usize = 4;
const STEPS: usize = 8;
/// How strongly weights are drawn towards zero.
const RIDGE: f64 = 2.0;

/// Fits the weights: `deceiving` names must have one strong place among theirs, `honest` places must all be weak.
pub(super) fn fit(deceiving: &[Vec<Values>], honest: &[(f64, Values)]) -> Vec<f32> {
    let mut weights = [0.0; SIGNALS];
    let deviation = deviations(deceiving, honest);
    for round in 0..ROUNDS {
        // The strongest place of a deceiving name is the one that must be recognised.
        let chosen: Vec<&Values> = deceiving
            .iter()
            .filter_map(|places| {
                if round == 0 {
                    places.first()
                } else {
                    places.iter().max_by(|one, other| sum(&weights, one).total_cmp(&sum(&weights, other)))
                }
            })
            .collect();
        for _ in 0..STEPS {
            step(&mut weights, &chosen, honest, &deviation);
        }
    }
    #[expect(clippy::cast_possible_truncation, reason = "weights are small")]
    weights.iter().map(|&weight| weight as f32).collect()
}

fn sum(weights: &[f64; SIGNALS], values: &Values) -> f64 {
    weights.iter().zip(values).map(|(weight, &value)| weight * f64::from(value)).sum()
}

/// How far each signal spreads: the ridge must weigh on all signals alike, whatever their unit.
fn deviations(deceiving: &[Vec<Values>], honest: &[(f64, Values)]) -> [f64; SIGNALS] {
    let all = || deceiving.iter().flatten().chain(honest.iter().map(|(_, values)| values));
    let count = precise(all().count().max(1));
    std::array::from_fn(|signal| {
        let mean = all().map(|values| f64::from(values[signal])).sum::<f64>() / count;
        let spread = all().map(|values| (f64::from(values[signal]) - mean).powi(2)).sum::<f64>() / count;
        spread.sqrt().max(0.02)
    })
}

fn step(weights: &mut [f64; SIGNALS], deceiving: &[&Values], honest: &[(f64, Values)], deviation: &[f64; SIGNALS]) {
    let mut gradient = [0.0; SIGNALS];
    let mut curvature = vec![[0.0; SIGNALS]; SIGNALS];
    let rows = deceiving
        .iter()
        .map(|values| (1.0, 1.0, *values))
        .chain(honest.iter().map(|(weight, values)| (*weight, 0.0, values)));
    for (weight, wanted, values) in rows {
        let chance = 1.0 / (1.0 + (-sum(weights, values)).exp());
        let bend = (weight * chance * (1.0 - chance)).max(1e-9);
        let filled: Vec<(usize, f64)> = values
            .iter()
            .enumerate()
            .filter(|&(_, &value)| value != 0.0)
            .map(|(signal, &value)| (signal, f64::from(value)))
            .collect();
        for &(one, value) in &filled {
            gradient[one] += weight * (wanted - chance) * value;
            for &(other, beside) in &filled {
                curvature[one][other] += bend * value * beside;
            }
        }
    }
    for signal in 0..SIGNALS {
        // The constant is free.
        let ridge = if signal == 0 { 1e-6 } else { RIDGE * deviation[signal].powi(2) };
        gradient[signal] -= ridge * weights[signal];
        curvature[signal][signal] += ridge + 1e-9;
    }
    let change = solve(curvature, gradient);
    // Newton's first steps may overshoot where the classes are far apart.
    let longest =
        change.iter().zip(deviation).map(|(change, deviation)| (change * deviation).abs()).fold(0.0, f64::max);
    let shorter = if longest > 4.0 { 4.0 / longest } else { 1.0 };
    for (weight, change) in weights.iter_mut().zip(change) {
        *weight += shorter * change;
    }
}

/// Solves a positive definite system (Cholesky).
fn solve(mut matrix: Vec<[f64; SIGNALS]>, mut right: [f64; SIGNALS]) -> [f64; SIGNALS] {
    for column in 0..SIGNALS {
        for row in column..SIGNALS {
            let dot: f64 = (0..column).map(|k| matrix[row][k] * matrix[column][k]).sum();
            let value = matrix[row][column] - dot;
            matrix[row][column] = if row == column { value.max(1e-12).sqrt() } else { value / matrix[column][column] };
        }
    }
    for row in 0..SIGNALS {
        let dot: f64 = (0..row).map(|k| matrix[row][k] * right[k]).sum();
        right[row] = (right[row] - dot) / matrix[row][row];
    }
    for row in (0..SIGNALS).rev() {
        let dot: f64 = (row + 1..SIGNALS).map(|k| matrix[k][row] * right[k]).sum();
        right[row] = (right[row] - dot) / matrix[row][row];
    }
    right
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_that_tells_gets_its_weight() {
        let row = |value: f32| {
            let mut values = [0.0; SIGNALS];
            values[0] = 1.0;
            values[1] = value;
            values
        };
        let deceiving: Vec<Vec<Values>> =
            (0..90).map(|_| vec![row(1.0)]).chain((0..10).map(|_| vec![row(0.0)])).collect();
        let honest: Vec<(f64, Values)> =
            (0..10).map(|_| (1.0, row(1.0))).chain((0..90).map(|_| (1.0, row(0.0)))).collect();
        let weights = fit(&deceiving, &honest);
        assert!((weights[1] - 2.0 * 9f32.ln()).abs() < 0.5, "{}", weights[1]);
    }
}
