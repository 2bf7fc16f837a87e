//! Tests of the group commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;

use rusqlite::params;

use super::*;
use crate::failure::corrupt;

fn writer() -> Arc<Writer> {
    let connection = Connection::open_in_memory().unwrap();
    connection
        .execute_batch("CREATE TABLE numbers (number INTEGER PRIMARY KEY) STRICT")
        .unwrap();
    Arc::new(Writer::start(connection, ()).unwrap())
}

async fn insert(writer: &Writer, number: i64) -> PortResult<()> {
    let insert = move |connection: &Connection| {
        connection.execute("INSERT INTO numbers (number) VALUES (?1)", params![number])?;
        Ok(())
    };
    writer.run(Mode::Grouped, insert, |()| ()).await
}

async fn count(writer: &Writer) -> i64 {
    let count = |connection: &Connection| {
        Ok(connection.query_row("SELECT count(*) FROM numbers", [], |row| row.get(0))?)
    };
    writer.run(Mode::Grouped, count, |_| ()).await.unwrap()
}

/// Runs tasks while the writer is held up, so that they become one group.
async fn grouped<T: Send + 'static>(
    writer: &Arc<Writer>,
    tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let (release, held) = channel::<()>();
    let hold = move |_: &Connection| {
        let _ = held.recv();
        Ok(())
    };
    let holder = Arc::clone(writer);
    let holding = tokio::spawn(async move { holder.run(Mode::Alone, hold, |()| ()).await });
    let tasks: Vec<_> = tasks.into_iter().map(|task| tokio::spawn(task)).collect();
    let sent = || WAITING - locked(&writer.sender).as_ref().unwrap().capacity();
    while sent() < tasks.len() {
        tokio::task::yield_now().await;
    }
    release.send(()).unwrap();
    holding.await.unwrap().unwrap();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

#[tokio::test]
async fn what_waits_together_is_committed_together() {
    let writer = writer();
    let committed = Arc::new(AtomicUsize::new(0));
    let tasks = (0..100).map(|number| {
        let (writer, committed) = (Arc::clone(&writer), Arc::clone(&committed));
        async move {
            let work = move |connection: &Connection| {
                let before: i64 =
                    connection.query_row("SELECT count(*) FROM numbers", [], |row| row.get(0))?;
                connection.execute("INSERT INTO numbers (number) VALUES (?1)", [number])?;
                Ok(before)
            };
            let after = move |_: &i64| drop(committed.fetch_add(1, Ordering::SeqCst));
            writer.run(Mode::Grouped, work, after).await.unwrap()
        }
    });
    let before = grouped(&writer, tasks).await;
    assert_eq!(before.iter().max(), Some(&99));
    assert_eq!(
        (committed.load(Ordering::SeqCst), count(&writer).await),
        (100, 100)
    );
}

#[tokio::test]
async fn a_jobs_failure_is_its_own() {
    let writer = writer();
    let insertions = [1, 2, 2, 3].map(|number| {
        let writer = Arc::clone(&writer);
        async move { insert(&writer, number).await }
    });
    let results = grouped(&writer, insertions).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 3);
    assert!(
        results
            .iter()
            .flat_map(|result| result.as_ref().err())
            .all(|error| {
                *error == PortError::Unavailable("a statement failed with SQLite's code 1555".to_owned())
            })
    );
    assert_eq!(count(&writer).await, 3);
}

#[tokio::test]
async fn a_panic_and_a_failure_leave_nothing_and_the_writer_goes_on() {
    let writer = writer();
    let failed: PortResult<()> = writer
        .run(
            Mode::Grouped,
            |connection| {
                connection.execute("INSERT INTO numbers (number) VALUES (7)", [])?;
                Err(corrupt("on purpose").into())
            },
            |()| panic!("it never was committed"),
        )
        .await;
    assert_eq!(failed, Err(corrupt("on purpose")));
    for mode in [Mode::Grouped, Mode::Alone] {
        let panicked: PortResult<()> = writer
            .run(
                mode,
                |connection| {
                    connection.execute_batch("SAVEPOINT some; INSERT INTO numbers (number) VALUES (8)")?;
                    panic!("on purpose")
                },
                |()| (),
            )
            .await;
        assert_eq!(panicked, Err(unavailable("a write panicked")));
    }
    assert_eq!(count(&writer).await, 0);
    insert(&writer, 1).await.unwrap();
    assert_eq!(count(&writer).await, 1);
}

#[tokio::test]
async fn more_than_can_wait_is_refused_as_overload() {
    let writer = writer();
    let (release, held) = channel::<()>();
    let (started, has_started) = oneshot::channel::<()>();
    let mut started = Some(started);
    let hold = move |_: &Connection| {
        drop(started.take());
        let _ = held.recv();
        Ok(())
    };
    let holder = Arc::clone(&writer);
    let holding = tokio::spawn(async move { holder.run(Mode::Alone, hold, |()| ()).await });
    let _ = has_started.await;
    let waiting: Vec<_> = (0..WAITING as i64)
        .map(|number| {
            let writer = Arc::clone(&writer);
            tokio::spawn(async move { insert(&writer, number).await })
        })
        .collect();
    while locked(&writer.sender).as_ref().unwrap().capacity() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(insert(&writer, -1).await, Err(PortError::Overloaded));
    release.send(()).unwrap();
    holding.await.unwrap().unwrap();
    for waiting in waiting {
        waiting.await.unwrap().unwrap();
    }
    assert_eq!(count(&writer).await, WAITING as i64);
}

#[tokio::test]
async fn a_closed_writer_completes_what_it_took_on_and_refuses_the_rest() {
    let writer = writer();
    let (done, is_done) = channel();
    let insertions = (0..50).map(|number| {
        let (writer, done) = (Arc::clone(&writer), done.clone());
        async move {
            let work = move |connection: &Connection| {
                connection.execute("INSERT INTO numbers (number) VALUES (?1)", [number])?;
                Ok(())
            };
            let _ = writer
                .run(Mode::Grouped, work, move |()| drop(done.send(number)))
                .await;
        }
    });
    grouped(&writer, insertions).await;
    writer.close();
    writer.close();
    assert_eq!(is_done.try_iter().count(), 50);
    assert_eq!(insert(&writer, 99).await, Err(closed()));
}
