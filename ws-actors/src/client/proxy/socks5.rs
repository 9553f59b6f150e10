//! SOCKS 5 (RFC 1928, RFC 1929).

use tokio::net::TcpStream;
use tokio_socks::{Error, tcp::Socks5Stream};

use super::{ConnectError, Credentials, ProxyError, broken};

pub(super) async fn connect(
    stream: TcpStream,
    host: &str,
    port: u16,
    credentials: Option<&Credentials>,
) -> Result<TcpStream, ConnectError> {
    let target = (host, port);
    let asked = match credentials {
        None => Socks5Stream::connect_with_socket(stream, target).await,
        Some(Credentials { user, password }) => {
            Socks5Stream::connect_with_password_and_socket(stream, target, user, password).await
        }
    };
    match asked {
        Ok(stream) => Ok(stream.into_inner()),
        Err(Error::Io(error)) => Err(broken(error)),
        Err(error) => Err(judge(&error).into()),
    }
}

fn judge(error: &Error) -> ProxyError {
    match error {
        Error::AuthorizationRequired | Error::NoAcceptableAuthMethods => {
            ProxyError::Credentials("it wants others")
        }
        Error::PasswordAuthFailure(_) => ProxyError::Credentials("user name or password is wrong"),
        Error::InvalidAuthValues(reason) => ProxyError::Credentials(reason),
        Error::ConnectionNotAllowedByRuleset => ProxyError::Forbidden,
        Error::GeneralSocksServerFailure => ProxyError::Unreachable("general failure"),
        Error::NetworkUnreachable => ProxyError::Unreachable("network unreachable"),
        Error::HostUnreachable => ProxyError::Unreachable("host unreachable"),
        Error::ConnectionRefused => ProxyError::Unreachable("connection refused"),
        Error::TtlExpired => ProxyError::Unreachable("TTL expired"),
        Error::Io(_)
        | Error::ParseError(_)
        | Error::InvalidTargetAddress(_)
        | Error::ProxyServerUnreachable
        | Error::InvalidResponseVersion
        | Error::UnknownAuthMethod
        | Error::CommandNotSupported
        | Error::AddressTypeNotSupported
        | Error::UnknownError
        | Error::InvalidReservedByte
        | Error::UnknownAddressType
        | Error::IdentdAuthFailure
        | Error::InvalidUserIdAuthFailure => ProxyError::Malformed(error.to_string()),
    }
}
