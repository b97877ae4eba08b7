//! The figures of one run, by name, one for each repetition.

use std::collections::BTreeMap;

/// What has been measured so far.
#[derive(Default)]
pub(crate) struct Sheet(BTreeMap<&'static str, Vec<f64>>);

/// The middle of some figures, and how far they lie apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spread {
    pub(crate) least: f64,
    pub(crate) median: f64,
    pub(crate) most: f64,
}

impl Sheet {
    pub(crate) fn note(&mut self, name: &'static str, figure: f64) {
        println!("  {name}: {figure:.4}");
        self.0.entry(name).or_default().push(figure);
    }

    pub(crate) fn spread(&self, name: &str) -> Option<Spread> {
        spread(self.0.get(name)?)
    }

    /// Divides repetition by repetition, so that a slow moment of the machine weighs on both.
    pub(crate) fn ratio(&self, ours: &str, limit: &str) -> Option<Spread> {
        let (ours, limit) = (self.0.get(ours)?, self.0.get(limit)?);
        spread(&ours.iter().zip(limit).map(|(ours, limit)| ours / limit).collect::<Vec<_>>())
    }
}

fn spread(figures: &[f64]) -> Option<Spread> {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (least, most) = (*sorted.first()?, *sorted.last()?);
    let middle = sorted.len() / 2;
    let median = if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) };
    Some(Spread { least, median, most })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_taken_within_each_repetition() {
        let mut sheet = Sheet::default();
        for (ours, limit) in [(50.0, 100.0), (5.0, 10.0), (60.0, 100.0)] {
            sheet.note("ours", ours);
            sheet.note("limit", limit);
        }
        assert_eq!(sheet.ratio("ours", "limit"), Some(Spread { least: 0.5, median: 0.5, most: 0.6 }));
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        assert_eq!(spread(&[4.0, 1.0, 2.0, 3.0]), Some(Spread { least: 1.0, median: 2.5, most: 4.0 }));
    }
}
