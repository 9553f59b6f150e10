use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// What one client has of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Network {
    V4(Ipv4Addr),
    /// The first 64 bits, of an address that has 128: a client is given at least
    /// as much, and can change the rest at will (RFC 6177).
    V6([u8; 8]),
    Unknown,
}

impl Network {
    pub(super) fn of(address: Option<IpAddr>) -> Self {
        // A socket for both families sees IPv4 as `::ffff:192.0.2.1`.
        match address.map(|it| it.to_canonical()) {
            Some(IpAddr::V4(address)) => Self::V4(address),
            Some(IpAddr::V6(address)) => {
                let [a, b, c, d, e, f, g, h, ..] = address.octets();
                Self::V6([a, b, c, d, e, f, g, h])
            }
            None => Self::Unknown,
        }
    }
}

/// The connections of each network that has some.
#[derive(Debug, Default)]
pub(super) struct Networks(Mutex<HashMap<Network, usize>>);

impl Networks {
    pub(super) fn count(&self, network: Network) -> usize {
        self.lock().get(&network).copied().unwrap_or(0)
    }

    /// Counts one more, unless there are so many already.
    pub(super) fn enter(&self, network: Network, limit: usize) -> bool {
        if limit == 0 {
            return false;
        }
        let mut networks = self.lock();
        let count = networks.entry(network).or_default();
        let enters = *count < limit;
        *count += usize::from(enters);
        enters
    }

    pub(super) fn leave(&self, network: Network) {
        let mut networks = self.lock();
        if let Some(count) = networks.get_mut(&network) {
            *count -= 1;
            if *count == 0 {
                networks.remove(&network);
                // What a flood has grown is given back.
                if networks.capacity() > SPARE + 4 * networks.len() {
                    let kept = 2 * networks.len();
                    networks.shrink_to(kept);
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Network, usize>> {
        // Nothing in here panics half way.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Room that is not worth giving back.
const SPARE: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_client_is_one_network() {
        for (one, other, same) in [
            ("192.0.2.1", "192.0.2.1", true),
            ("192.0.2.1", "192.0.2.2", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true),
            ("::ffff:192.0.2.1", "::ffff:192.0.2.2", false),
            ("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", true),
            ("2001:db8::1", "2001:db8:0:1::1", false),
            ("::1", "127.0.0.1", false),
        ] {
            let network = |text: &str| Network::of(Some(text.parse().unwrap()));
            assert_eq!(network(one) == network(other), same, "{one} {other}");
        }
    }

    #[test]
    fn networks_without_connections_take_no_room() {
        let networks = Networks::default();
        let network = |number: u32| Network::of(Some(IpAddr::V4(number.into())));
        for number in 0..10_000 {
            assert!(networks.enter(network(number), 1));
            assert!(!networks.enter(network(number), 1));
            assert_eq!(networks.count(network(number)), 1);
        }
        assert!(!networks.enter(network(10_001), 0));
        (0..10_000).for_each(|number| networks.leave(network(number)));
        let table = networks.lock();
        assert!(table.is_empty());
        assert!(table.capacity() <= 2 * SPARE);
    }
}
