//! Owns a plain HTTP/1.1 client: it sends exactly the bytes that a test wants, also those that no
//! well-behaved client would send.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// Speaks to one address, below a path prefix.
#[derive(Clone)]
pub(crate) struct Http {
    address: String,
    prefix: String,
}

/// An answer, read whole.
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Http {
    pub(crate) fn new(address: &str) -> Self {
        Self {
            address: address.to_owned(),
            prefix: String::new(),
        }
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The same server's routes of one region.
    pub(crate) fn region(&self, name: &str) -> Self {
        Self {
            address: self.address.clone(),
            prefix: format!("/regions/{name}"),
        }
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.get_with(path, "")
    }

    /// With more header lines, each ended by `\r\n`.
    pub(crate) fn get_with(&self, path: &str, headers: &str) -> Answer {
        self.request("GET", path, headers, b"").unwrap()
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.try_post(path, body).unwrap()
    }

    /// As [`Self::post`], for servers that may be dying; an error then.
    pub(crate) fn try_post(&self, path: &str, body: &Value) -> std::io::Result<Answer> {
        self.request(
            "POST",
            path,
            "Content-Type: application/json\r\n",
            body.to_string().as_bytes(),
        )
    }

    /// Bytes that say of themselves that they are JSON.
    pub(crate) fn post_bytes(&self, path: &str, body: &[u8]) -> Answer {
        self.post_as(path, "application/json", body)
    }

    pub(crate) fn post_as(&self, path: &str, media_type: &str, body: &[u8]) -> Answer {
        self.request("POST", path, &format!("Content-Type: {media_type}\r\n"), body)
            .unwrap()
    }

    pub(crate) fn request(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> std::io::Result<Answer> {
        let headers = format!("{headers}Content-Length: {}\r\n", body.len());
        self.send(method, path, &headers, body)
    }

    /// Sends exactly these header lines and bytes, and reads the answer.
    pub(crate) fn send(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> std::io::Result<Answer> {
        let (address, prefix) = (&self.address, &self.prefix);
        let mut stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let head = format!(
            "{method} {prefix}{path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n"
        );
        let mut request = head.into_bytes();
        request.extend_from_slice(body);
        // A server may refuse, and close, before it has read everything: its answer counts.
        let written = stream.write_all(&request);
        match read_answer(&mut stream) {
            Ok(answer) => Ok(answer),
            Err(error) => written.and(Err(error)),
        }
    }
}

fn read_answer(stream: &mut TcpStream) -> std::io::Result<Answer> {
    let mut bytes = Vec::new();
    let read = stream.read_to_end(&mut bytes);
    let Some(answer) = Answer::parse(&bytes) else {
        read?;
        return Err(std::io::Error::new(
            std::io::ErrorKind::UnexpectedEof,
            "no whole answer",
        ));
    };
    Ok(answer)
}

impl Answer {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = std::str::from_utf8(&bytes[..end]).ok()?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let answer = Self {
            status,
            headers,
            body: bytes[end + 4..].to_vec(),
        };
        let length = answer
            .header("content-length")
            .map(|length| length.parse::<usize>());
        match length {
            Some(Ok(length)) => (length == answer.body.len() || status == 304).then_some(answer),
            _ => Some(answer),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{}: {error}: {}", self.status, self.text()))
    }

    /// Fails the test unless the status is this one; gives the body.
    #[track_caller]
    pub(crate) fn is(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        self.json()
    }

    /// Fails the test unless this is a problem document with this status and code; gives it.
    #[track_caller]
    pub(crate) fn is_problem(&self, status: u16, code: &str) -> Value {
        let problem = self.is(status);
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["status"], status, "{problem}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(self.header("cache-control"), Some("no-store"));
        problem
    }

    /// Fails the test unless this answers an accepted vote; gives the receipt.
    #[track_caller]
    pub(crate) fn receipt(&self) -> String {
        let answer = self.is(202);
        assert_eq!(answer["status"], "accepted");
        answer["receipt"].as_str().unwrap().to_owned()
    }
}
