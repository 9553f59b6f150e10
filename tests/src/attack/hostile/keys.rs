//! Class 16: masking keys that a server could guess.

use std::collections::HashSet;

use futures_util::FutureExt;

use super::{Site, order::Deed};
use crate::attack::{Attack, Promise};

pub(super) const ATTACKS: &[Attack] = &[Attack::client(
    16,
    "server-guesses-masking-keys",
    Promise::answer("8000 keys without a pattern"),
    |it| guesses(it).boxed_local(),
)];

/// Eight connections with a thousand messages each.
async fn guesses(site: Site) -> String {
    let order = site
        .order()
        .plain()
        .deed(Deed::Say(MESSAGES))
        .count(CONNECTIONS);
    let hosting = async {
        let mut hosts = Vec::new();
        for _ in 0..CONNECTIONS {
            let mut host = site.host().await;
            host.open().await;
            hosts.push(host);
        }
        let (mut keys, mut nonces) = (Vec::new(), HashSet::new());
        for host in &mut hosts {
            nonces.insert(host.field("Sec-WebSocket-Key").map(str::to_owned));
            for _ in 0..MESSAGES {
                keys.push(host.hear().await.expect("all of them come").key);
            }
        }
        assert_eq!(nonces.len(), CONNECTIONS, "each has a nonce of its own");
        keys
    };
    let (_, keys) = tokio::join!(site.dial(order), hosting);
    let total = keys.len();
    match pattern(&keys) {
        Some(pattern) => format!("{total} keys: {pattern}"),
        None => format!("{total} keys without a pattern"),
    }
}

/// What a guess could begin with. Chance fails each of these once in millions of
/// runs.
fn pattern(keys: &[[u8; 4]]) -> Option<String> {
    let numbers: Vec<u32> = keys.iter().map(|key| u32::from_be_bytes(*key)).collect();
    let distinct = numbers.iter().collect::<HashSet<_>>().len();
    // Of 8000, a pair is the same in 1 of 134 runs, five pairs never.
    if distinct + 4 < numbers.len() {
        return Some(format!("only {distinct} are different"));
    }
    let pairs = || numbers.windows(2);
    let of_pairs = |step: fn(u32, u32) -> u32| pairs().map(move |pair| step(pair[0], pair[1]));
    let steps: [(&str, Vec<u32>); 3] = [
        ("keys", numbers.clone()),
        ("differences", of_pairs(|a, b| b.wrapping_sub(a)).collect()),
        ("changes", of_pairs(|a, b| a ^ b).collect()),
    ];
    for (what, numbers) in &steps {
        let distinct = numbers.iter().collect::<HashSet<_>>().len();
        if distinct + 4 < numbers.len() {
            return Some(format!("only {distinct} {what} are different"));
        }
        for bit in 0..32 {
            let ones = numbers.iter().filter(|it| *it >> bit & 1 == 1).count();
            // Six standard deviations.
            let far = (ones as f64 - numbers.len() as f64 / 2.0).abs();
            if far > 6.0 * (numbers.len() as f64).sqrt() / 2.0 {
                return Some(format!("bit {bit} of {what} is set {ones} times"));
            }
        }
    }
    let mut counts = [0_u32; 256];
    for byte in keys.iter().flatten() {
        counts[usize::from(*byte)] += 1;
    }
    let expected = (keys.len() * 4) as f64 / 256.0;
    let squares = counts
        .iter()
        .map(|it| (f64::from(*it) - expected).powi(2) / expected);
    // χ² with 255 degrees of freedom: mean 255, standard deviation 22.6.
    let chi: f64 = squares.sum();
    (chi > 255.0 + 6.0 * 22.6).then(|| format!("bytes are uneven: χ² is {chi:.0}"))
}

const CONNECTIONS: usize = 8;
const MESSAGES: usize = 1000;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_can_be_guessed_have_a_pattern() {
        let made = |key: &dyn Fn(u32) -> u32| {
            let keys: Vec<_> = (0..8000).map(|it| key(it).to_be_bytes()).collect();
            pattern(&keys)
        };
        assert!(made(&|_| 0x37fa_213d).is_some());
        assert!(made(&|it| it).is_some());
        // A congruence, as of old.
        assert!(made(&|it| it.wrapping_mul(1_103_515_245).wrapping_add(12_345)).is_some());
        // Seven good bits in each byte.
        let mut rng = fastrand::Rng::with_seed(1);
        let mut half: Vec<_> = (0..8000).map(|_| rng.u32(..) & 0x7f7f_7f7f).collect();
        assert!(made(&|it| half[it as usize]).is_some());
        half.fill_with(|| rng.u32(..));
        assert_eq!(made(&|it| half[it as usize]), None);
    }
}
