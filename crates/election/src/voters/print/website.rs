//! Owns where the letters lead: the website's address, and a voter's link.

use std::net::IpAddr;

use election_core::voter_id::VoterId;
use reqwest::Url;

/// The address of the page to vote on, ending with `/`.
#[derive(Clone)]
pub(crate) struct Website(Url);

impl Website {
    /// Parses what is given on the command line.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut url = Url::parse(text).map_err(|error| format!("not a website's address: {error}"))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err("has to begin with https://".to_owned());
        }
        if url.query().is_some()
            || url.fragment().is_some()
            || url.username() != ""
            || url.password().is_some()
        {
            return Err("only host, port and path: the rest is for the voter id".to_owned());
        }
        if !url.path().ends_with('/') {
            url.set_path(&format!("{}/", url.path()));
        }
        Ok(Self(url))
    }

    /// The address as it is printed.
    pub(super) fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// A voter's link. Browsers don't send what follows `#`, and the page takes it out of its address before it
    /// requests anything (website/vote.js).
    pub(super) fn link(&self, voter_id: &VoterId) -> String {
        format!("{}#{}", self.0, voter_id.printed())
    }

    /// Tells what voters can't reach, or not safely.
    pub(super) fn warn(&self) {
        let host = self.0.host_str().unwrap_or_default();
        let address: Result<IpAddr, _> = host.trim_matches(['[', ']']).parse();
        if host == "localhost" || address.is_ok_and(|address| address.is_loopback()) {
            tracing::warn!(
                "the letters lead to {}, which only this machine reaches: give --website",
                self.0
            );
        } else if self.0.scheme() == "http" {
            tracing::warn!(
                "the letters lead to {}: without https, others can read and change what is sent",
                self.0
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_voter_id_follows_the_address_after_a_number_sign() {
        let voter_id = VoterId::parse("k7rm29xq4t0wz34").unwrap();
        for (given, link) in [
            (
                "https://vote.example.org",
                "https://vote.example.org/#K7RM2-9XQ4T-0WZ34",
            ),
            (
                "HTTPS://Vote.Example.org/",
                "https://vote.example.org/#K7RM2-9XQ4T-0WZ34",
            ),
            ("http://[::1]:80/club", "http://[::1]/club/#K7RM2-9XQ4T-0WZ34"),
        ] {
            let website = Website::parse(given).map(|website| website.link(&voter_id));
            assert_eq!(website, Ok(link.to_owned()));
        }
    }

    #[test]
    fn what_is_no_address_of_a_page_is_refused() {
        for text in [
            "",
            "vote.example.org",
            "ftp://vote.example.org",
            "javascript:alert(1)",
            "https://",
            "https://vote.example.org/?id=1",
            "https://vote.example.org/#id",
            "https://me@vote.example.org/",
        ] {
            assert!(Website::parse(text).is_err(), "{text}");
        }
    }
}
