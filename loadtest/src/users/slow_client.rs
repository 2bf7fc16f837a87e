//! Owns slow clients: they connect, send a little now and then, and never finish. The server has to serve
//! everybody else meanwhile, and may hang up on them whenever it likes.

use std::sync::Arc;
use std::time::{Duration, Instant};

use fastrand::Rng;
use goose::goose::{GooseUser, TransactionResult};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Work, sleep};
use crate::casting::Run;

/// Dribbles until the load ends.
pub(crate) fn work(user: &mut GooseUser, run: Arc<Run>) -> Work<'_> {
    Box::pin(dribble(user, run))
}

async fn dribble(user: &mut GooseUser, run: Arc<Run>) -> TransactionResult {
    let mut random = Rng::with_seed(run.ballots.seed ^ user.weighted_users_index as u64);
    while !run.agenda.is_stopped() {
        let target = &run.targets[random.usize(..run.targets.len())];
        let began = Instant::now();
        let host = target.endpoint.authority.to_str().unwrap_or_default();
        let head = format!(
            "POST {} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 4000\r\n",
            target.votes
        );
        // Half of them never get through the head, the others not through the body.
        let text = if random.bool() {
            head
        } else {
            format!("{head}\r\n{{{}", " ".repeat(3_000))
        };
        let sent = match TcpStream::connect(target.endpoint.address).await {
            Ok(mut stream) => feed(&run, &mut stream, text.as_bytes(), &mut random).await,
            Err(_) => 0,
        };
        let name = if sent > 0 {
            "a slow client, until it left or was left"
        } else {
            "a slow client, not let in"
        };
        user.record_custom_request_duration("TCP", name, began.elapsed(), true, None, None)
            .await?;
        sleep(&run, Duration::from_millis(100)).await;
    }
    Ok(())
}

/// A few bytes at a time, for at most some seconds. Answers how many it got rid of.
async fn feed(run: &Run, stream: &mut TcpStream, text: &[u8], random: &mut Rng) -> usize {
    let (mut sent, until) = (0, Instant::now() + Duration::from_secs(10));
    let mut answer = [0; 512];
    while !run.agenda.is_stopped() && Instant::now() < until {
        let end = (sent + random.usize(1..60)).min(text.len());
        if stream.write_all(&text[sent..end]).await.is_err() {
            break;
        }
        sent = end;
        // An answer or the end: either way the server has had enough.
        if tokio::time::timeout(Duration::from_millis(150), stream.read(&mut answer))
            .await
            .is_ok()
        {
            break;
        }
    }
    sent
}
