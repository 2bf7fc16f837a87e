//! Owns the few requests that the driver itself sends: one connection each, so that it takes nothing
//! from the connections that are measured.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use anyhow::{Context, bail};

const PATIENCE: Duration = Duration::from_secs(30);

/// An answer as it came.
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The exact bytes.
    pub(crate) body: Vec<u8>,
}

/// GETs from a plain HTTP server.
pub(crate) fn get(base: &str, path: &str) -> anyhow::Result<Answer> {
    send(base, &format!("GET {path}"), b"")
}

/// POSTs JSON to a plain HTTP server.
pub(crate) fn post(base: &str, path: &str, body: &[u8]) -> anyhow::Result<Answer> {
    send(base, &format!("POST {path}"), body)
}

fn send(base: &str, what: &str, body: &[u8]) -> anyhow::Result<Answer> {
    exchange(base, what, body).with_context(|| format!("{what} at {base}"))
}

fn exchange(base: &str, what: &str, body: &[u8]) -> anyhow::Result<Answer> {
    let host = base
        .strip_prefix("http://")
        .context("only plain HTTP is spoken")?
        .trim_end_matches('/');
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    let length = body.len();
    let mut request = format!(
        "{what} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n\r\n"
    )
    .into_bytes();
    request.extend_from_slice(body);
    stream.write_all(&request)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    parse(&answer)
}

/// Reads an answer that ended with its connection. Those of this program's servers aren't chunked.
fn parse(answer: &[u8]) -> anyhow::Result<Answer> {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.context("the answer has no end of its head")?;
    let (head, body) = (answer.get(..end), answer.get(end + 4..));
    let head = String::from_utf8_lossy(head.unwrap_or_default()).into_owned();
    if head.to_ascii_lowercase().contains("transfer-encoding") {
        bail!("the answer is chunked");
    }
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    Ok(Answer {
        status: status.context("the answer has no status")?,
        body: body.unwrap_or_default().to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_its_status_and_its_exact_body() {
        let answer = parse(b"HTTP/1.1 202 Accepted\r\ncontent-length: 2\r\n\r\n{}").unwrap();
        assert_eq!((answer.status, answer.body), (202, b"{}".to_vec()));
    }

    #[test]
    fn what_is_cut_off_or_chunked_is_refused() {
        assert!(parse(b"HTTP/1.1 200").is_err());
        assert!(parse(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n").is_err());
    }
}
