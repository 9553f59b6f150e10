use std::error::Error;

/// Why the bench cannot go on.
pub(crate) type Failure = Box<dyn Error>;

/// The median of what was measured in several rounds; 0 of nothing.
pub(crate) fn median(samples: impl IntoIterator<Item = f64>) -> f64 {
    let mut samples: Vec<_> = samples.into_iter().collect();
    samples.sort_unstable_by(f64::total_cmp);
    // Both are the same if there is one in the middle.
    let middle = [samples.len().saturating_sub(1) / 2, samples.len() / 2];
    let [lower, upper] = middle.map(|at| samples.get(at).copied().unwrap_or_default());
    f64::midpoint(lower, upper)
}

/// The value that so great a part of the samples is below; 0 of nothing.
pub(crate) fn quantile(samples: &mut [f64], part: f64) -> f64 {
    samples.sort_unstable_by(f64::total_cmp);
    let last = samples.len().saturating_sub(1);
    let at = (last as f64 * part).round() as usize;
    samples.get(at).copied().unwrap_or_default()
}

/// The median of ratios that were taken round by round.
pub(crate) fn ratio(samples: &[f64], to: &[f64]) -> f64 {
    median(samples.iter().zip(to).map(|(one, other)| one / other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_of_the_sorted() {
        assert_eq!(median([3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median([4.0, 1.0, 2.0, 9.0]), 3.0);
        assert_eq!(quantile(&mut [5.0, 1.0, 4.0, 2.0, 3.0], 1.0), 5.0);
        assert_eq!(median([]), 0.0);
        assert_eq!(ratio(&[2.0, 9.0, 4.0], &[1.0, 3.0, 4.0]), 2.0);
    }
}
