//! TCP connections by Happy Eyeballs ([RFC 8305]).
//!
//! [RFC 8305]: https://www.rfc-editor.org/rfc/rfc8305

use std::{
    collections::VecDeque,
    io,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{
    net::{TcpSocket, TcpStream, lookup_host},
    time::timeout,
};

use super::{ConnectError, Stage, deadline::Deadline};

/// Connects to the first address of the host that takes a connection.
pub(super) async fn dial(
    host: &str,
    port: u16,
    local: Option<IpAddr>,
    deadline: Deadline,
) -> Result<TcpStream, ConnectError> {
    let addresses = deadline
        .within(Stage::Resolve, resolve(host, port, local))
        .await?
        .map_err(|source| ConnectError::Resolve {
            host: host.to_owned(),
            source,
        })?;
    let attempt = |address| async move {
        let connected = connect(address, local).await;
        connected.map_err(|error| (address, error))
    };
    deadline
        .within(Stage::Connect, race(alternate(addresses), attempt))
        .await?
        .map_err(|(address, source)| ConnectError::Connect { address, source })
}

/// The addresses of a host, of which there is at least one.
async fn resolve(host: &str, port: u16, local: Option<IpAddr>) -> io::Result<Vec<SocketAddr>> {
    let mut addresses = match host.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => lookup_host((host, port)).await?.collect(),
    };
    if let Some(local) = local {
        addresses.retain(|address| address.is_ipv4() == local.is_ipv4());
    }
    if addresses.is_empty() {
        let reason = match local {
            Some(local) => format!("no address of the family of {local}"),
            None => "no address".to_owned(),
        };
        return Err(io::Error::new(io::ErrorKind::NotFound, reason));
    }
    Ok(addresses)
}

async fn connect(address: SocketAddr, local: Option<IpAddr>) -> io::Result<TcpStream> {
    let stream = match local {
        None => TcpStream::connect(address).await?,
        Some(local) => {
            let socket = match local {
                IpAddr::V4(_) => TcpSocket::new_v4()?,
                IpAddr::V6(_) => TcpSocket::new_v6()?,
            };
            socket.bind(SocketAddr::new(local, 0))?;
            socket.connect(address).await?
        }
    };
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// The addresses with the families in turn (§4). The resolver sorts them by what
/// this machine reaches (RFC 6724), so its first stays the first: that is IPv6
/// wherever there is a way to it.
fn alternate(addresses: Vec<SocketAddr>) -> VecDeque<SocketAddr> {
    let len = addresses.len();
    let first_is_ipv4 = addresses.first().is_some_and(SocketAddr::is_ipv4);
    let (preferred, other): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv4() == first_is_ipv4);
    let (mut preferred, mut other) = (preferred.into_iter(), other.into_iter());
    let mut alternated = VecDeque::with_capacity(len);
    while alternated.len() < len {
        alternated.extend(preferred.next().into_iter().chain(other.next()));
    }
    alternated
}

/// The first attempt that succeeds; the others are dropped. The next one begins
/// when the one before failed, or after [`ATTEMPT_DELAY`] (§5).
async fn race<T, F: Future<Output = Result<T, Failure>>>(
    mut addresses: VecDeque<SocketAddr>,
    attempt: impl Fn(SocketAddr) -> F,
) -> Result<T, Failure> {
    let mut attempts = FuturesUnordered::new();
    let mut failure: Option<Failure> = None;
    loop {
        if let Some(address) = addresses.pop_front() {
            attempts.push(attempt(address));
        }
        let ended = if addresses.is_empty() {
            attempts.next().await
        } else {
            match timeout(ATTEMPT_DELAY, attempts.next()).await {
                Ok(ended) => ended,
                Err(_) => continue,
            }
        };
        match (ended, failure.take()) {
            (Some(Ok(connected)), _) => return Ok(connected),
            (Some(Err(new)), Some(old)) if !tells_more(&new.1, &old.1) => failure = Some(old),
            (Some(Err(new)), _) => failure = Some(new),
            (None, Some(failure)) => return Err(failure),
            (None, None) => unreachable!("`resolve` gives an address at least"),
        }
    }
}

/// Where, and why.
type Failure = (SocketAddr, io::Error);

/// Whether an address answered, or could have, where the other was out of reach:
/// what IPv6 says on a machine without it is no news.
fn tells_more(new: &io::Error, old: &io::Error) -> bool {
    let out_of_reach = |error: &io::Error| {
        matches!(
            error.kind(),
            io::ErrorKind::NetworkUnreachable
                | io::ErrorKind::HostUnreachable
                | io::ErrorKind::AddrNotAvailable
                | io::ErrorKind::Unsupported
        )
    };
    out_of_reach(old) && !out_of_reach(new)
}

/// How long an attempt is alone before the next begins: what §8 recommends.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, future::pending};

    use tokio::time::{Instant, sleep};

    use super::*;

    fn addresses(texts: &[&str]) -> VecDeque<SocketAddr> {
        let texts = texts.iter();
        texts
            .map(|text| SocketAddr::new(text.parse().unwrap(), 80))
            .collect()
    }

    fn alternated(texts: &[&str]) -> Vec<String> {
        let alternated = alternate(addresses(texts).into()).into_iter();
        alternated.map(|address| address.ip().to_string()).collect()
    }

    #[test]
    fn families_take_turns() {
        let given = ["::1", "::2", "::3", "10.0.0.1", "10.0.0.2"];
        let expected = ["::1", "10.0.0.1", "::2", "10.0.0.2", "::3"];
        assert_eq!(alternated(&given), expected);
        let given = ["10.0.0.1", "::1", "::2"];
        assert_eq!(alternated(&given), ["10.0.0.1", "::1", "::2"]);
        let given = ["10.0.0.2", "10.0.0.1"];
        assert_eq!(alternated(&given), given);
        assert!(alternated(&[]).is_empty());
    }

    /// Races with attempts that do what is told of each address, and notes when
    /// each began, in milliseconds.
    async fn raced(
        outcomes: &[(&str, Option<u64>, Result<(), io::ErrorKind>)],
    ) -> (Result<SocketAddr, Failure>, Vec<u64>) {
        let began = RefCell::new(Vec::new());
        let start = Instant::now();
        let texts: Vec<_> = outcomes.iter().map(|&(text, ..)| text).collect();
        let result = race(addresses(&texts), |address| {
            let at = start.elapsed().as_millis();
            began.borrow_mut().push(u64::try_from(at).unwrap());
            let mut outcomes = outcomes.iter();
            let text = address.ip().to_string();
            let (_, after, outcome) = *outcomes.find(|it| it.0 == text).unwrap();
            async move {
                match after {
                    Some(after) => sleep(Duration::from_millis(after)).await,
                    None => pending().await,
                }
                let failed = |kind| (address, io::Error::from(kind));
                outcome.map(|()| address).map_err(failed)
            }
        })
        .await;
        (result, began.into_inner())
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_address_is_tried_while_the_first_hangs() {
        let (connected, began) =
            raced(&[("::1", None, Ok(())), ("10.0.0.1", Some(5), Ok(()))]).await;
        assert_eq!(connected.unwrap().ip().to_string(), "10.0.0.1");
        assert_eq!(began, [0, 250]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_address_wins_if_it_answers_in_time() {
        let outcomes = [("::1", Some(249), Ok(())), ("10.0.0.1", Some(0), Ok(()))];
        let (connected, began) = raced(&outcomes).await;
        assert_eq!(connected.unwrap().ip().to_string(), "::1");
        assert_eq!(began, [0]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_late_first_address_wins_over_a_later_second() {
        let outcomes = [("::1", Some(300), Ok(())), ("10.0.0.1", Some(60), Ok(()))];
        let (connected, began) = raced(&outcomes).await;
        assert_eq!(connected.unwrap().ip().to_string(), "::1");
        assert_eq!(began, [0, 250]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_begins_the_next_attempt_at_once() {
        let refused = Err(io::ErrorKind::ConnectionRefused);
        let (connected, began) = raced(&[
            ("::1", Some(10), refused),
            ("10.0.0.1", Some(10), refused),
            ("::2", Some(10), Ok(())),
        ])
        .await;
        assert_eq!(connected.unwrap().ip().to_string(), "::2");
        assert_eq!(began, [0, 10, 20]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_failure_that_tells_most_is_told() {
        let (failed, _) = raced(&[
            ("::1", Some(1), Err(io::ErrorKind::NetworkUnreachable)),
            ("10.0.0.1", Some(1), Err(io::ErrorKind::ConnectionRefused)),
            ("::2", Some(1), Err(io::ErrorKind::NetworkUnreachable)),
        ])
        .await;
        let (address, error) = failed.unwrap_err();
        assert_eq!(address.ip().to_string(), "10.0.0.1");
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }

    #[tokio::test]
    async fn addresses_are_not_looked_up() {
        for (host, local, count) in [
            ("127.0.0.1", None, 1),
            ("::1", None, 1),
            ("::1", Some("::1"), 1),
        ] {
            let local = local.map(|local: &str| local.parse().unwrap());
            assert_eq!(resolve(host, 80, local).await.unwrap().len(), count);
        }
        let local = Some("127.0.0.1".parse().unwrap());
        let error = resolve("::1", 80, local).await.unwrap_err();
        assert_eq!(error.to_string(), "no address of the family of 127.0.0.1");
    }
}
