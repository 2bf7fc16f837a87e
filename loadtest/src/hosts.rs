//! Owns where requests may go: the hosts that were given, resolved once, and no public address unless
//! whoever runs this says that it is theirs.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};

use hyper::Uri;
use hyper::header::HeaderValue;

use crate::failure::Failure;
use crate::http::Endpoint;

/// A host as it stands on the command line: `http://127.0.0.1:8080/regions/us-east-1=2`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Host {
    /// Name or address, and port.
    pub(crate) authority: String,
    /// What every path begins with; empty or `/regions/NAME`.
    pub(crate) prefix: String,
    /// How many voters have it for their nearest one, relative to the other hosts.
    pub(crate) weight: u32,
}

impl Host {
    /// Parses `URL[=WEIGHT]`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let (url, weight) = match text.rsplit_once('=') {
            Some((url, weight)) => (url, weight.parse().ok().filter(|weight| *weight > 0)),
            None => (text, Some(1)),
        };
        let weight =
            weight.ok_or_else(|| format!("{text:?}: the weight after = has to be a whole number from 1"))?;
        let rest = url.strip_prefix("http://").ok_or_else(|| {
            format!(
                "{url:?}: has to begin with http:// (TLS isn't spoken; measure behind the proxy that does)"
            )
        })?;
        let (authority, prefix) = rest.find('/').map_or((rest, ""), |slash| rest.split_at(slash));
        let prefix = prefix.trim_end_matches('/');
        let whole: Uri = format!("http://{authority}{prefix}/votes")
            .parse()
            .map_err(|_| format!("{url:?} isn't a URL such as http://127.0.0.1:8080"))?;
        if whole.host().is_none_or(str::is_empty) || authority.contains('@') || whole.query().is_some() {
            return Err(format!("{url:?} isn't a URL such as http://127.0.0.1:8080"));
        }
        Ok(Self {
            authority: authority.to_owned(),
            prefix: prefix.to_owned(),
            weight,
        })
    }

    /// The region that the prefix names.
    pub(crate) fn region(&self) -> Option<&str> {
        self.prefix.rsplit_once("/regions/").map(|(_, name)| name)
    }

    /// Where it is. A public address is refused unless `is_ours`.
    pub(crate) fn resolve(&self, is_ours: bool) -> Result<Endpoint, Failure> {
        let has_port = self
            .authority
            .rsplit_once(':')
            .is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        let with_port = if has_port {
            self.authority.clone()
        } else {
            format!("{}:80", self.authority)
        };
        let addresses: Vec<SocketAddr> = with_port
            .to_socket_addrs()
            .map_err(|error| Failure::Usage(format!("{}: {error}", self.authority)))?
            .collect();
        if let Some(public) = addresses
            .iter()
            .find(|address| !is_private(address.ip()) && !is_ours)
        {
            return Err(Failure::Usage(format!(
                "{} is the public address {}: nothing was sent. A load test of somebody else's server is an attack; \
                 if it is yours, say so with --i-own-this-host",
                self.authority,
                public.ip()
            )));
        }
        let address = *addresses
            .first()
            .ok_or_else(|| Failure::Usage(format!("{}: has no address", self.authority)))?;
        let authority = HeaderValue::from_str(&self.authority)
            .map_err(|_| Failure::Usage(format!("{}: isn't a host", self.authority)))?;
        Ok(Endpoint { address, authority })
    }
}

/// Loopback, private (RFC 1918, RFC 4193) and link-local addresses: nobody else is behind them.
pub(crate) fn is_private(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => address.is_loopback() || address.is_private() || address.is_link_local(),
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_has_a_prefix_and_a_weight() {
        let host = Host::parse("http://127.0.0.1:8080/regions/us-east-1=2").unwrap();
        assert_eq!((host.authority.as_str(), host.weight), ("127.0.0.1:8080", 2));
        assert_eq!(host.region(), Some("us-east-1"));
        let host = Host::parse("http://[::1]:8080/").unwrap();
        assert_eq!((host.prefix.as_str(), host.weight, host.region()), ("", 1, None));
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in [
            "",
            "127.0.0.1:8080",
            "https://127.0.0.1",
            "http://",
            "http://a=0",
            "http://a=x",
            "http://u:p@a",
            "http://a/?x",
        ] {
            assert!(Host::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn public_addresses_are_refused_unless_they_are_ones_own() {
        for public in [
            "http://8.8.8.8",
            "http://172.32.0.1:80",
            "http://[2001:4860:4860::8888]:80",
            "http://0.0.0.0:1",
            "http://[::ffff:8.8.8.8]:80",
        ] {
            let host = Host::parse(public).unwrap();
            let refused = host.resolve(false).unwrap_err();
            assert!(
                matches!(&refused, Failure::Usage(text) if text.contains("--i-own-this-host")),
                "{public}"
            );
            assert!(host.resolve(true).is_ok(), "{public}");
        }
        for private in [
            "http://127.0.0.1:1",
            "http://10.1.2.3",
            "http://192.168.1.1",
            "http://172.31.0.1",
            "http://[::1]:1",
            "http://[fd00::1]:1",
        ] {
            assert!(Host::parse(private).unwrap().resolve(false).is_ok(), "{private}");
        }
    }
}
