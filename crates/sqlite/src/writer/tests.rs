//! Tests of the group commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};

use rusqlite::params;

use super::*;
use crate::failure::corrupt;

fn writer() -> Arc<Writer> {
    let connection = Connection::open_in_memory().unwrap();
    connection
        .execute_batch("CREATE TABLE numbers (number INTEGER PRIMARY KEY) STRICT")
        .unwrap();
    Arc::new(Writer::start(connection, (), ()).unwrap())
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

/// Keeps the writer busy until what it returns is dropped.
async fn hold(writer: &Arc<Writer>) -> Sender<()> {
    let (release, held) = channel::<()>();
    let (started, has_started) = oneshot::channel::<()>();
    let mut started = Some(started);
    let hold = move |_: &Connection| {
        drop(started.take());
        let _ = held.recv();
        Ok(())
    };
    let holder = Arc::clone(writer);
    tokio::spawn(async move { holder.run(Mode::Alone, hold, |()| ()).await });
    let _ = has_started.await;
    release
}

/// Waits until so many jobs wait.
async fn waiting(writer: &Writer, jobs: usize) {
    while locked(&writer.sender).as_ref().unwrap().capacity() + jobs > WAITING {
        tokio::task::yield_now().await;
    }
}

/// Runs tasks while the writer is held up, so that they become one group.
async fn grouped<T: Send + 'static>(
    writer: &Arc<Writer>,
    tasks: impl IntoIterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let release = hold(writer).await;
    let tasks: Vec<_> = tasks.into_iter().map(|task| tokio::spawn(task)).collect();
    waiting(writer, tasks.len()).await;
    drop(release);
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

#[tokio::test]
async fn what_waits_together_is_committed_before_anybody_is_answered() {
    let writer = writer();
    let runs = Arc::new(AtomicUsize::new(0));
    let tasks = (0..100).map(|number| {
        let (writer, runs, runs_when_answered) = (Arc::clone(&writer), Arc::clone(&runs), Arc::clone(&runs));
        async move {
            let work = move |connection: &Connection| {
                connection.execute("INSERT INTO numbers (number) VALUES (?1)", [number])?;
                runs.fetch_add(1, Ordering::SeqCst);
                Ok(())
            };
            let (answered, answer) = channel();
            let after = move |(): &()| answered.send(runs_when_answered.load(Ordering::SeqCst)).unwrap();
            writer.run(Mode::Grouped, work, after).await.unwrap();
            answer.recv().unwrap()
        }
    });
    assert_eq!(grouped(&writer, tasks).await, [100; 100]);
    assert_eq!(count(&writer).await, 100);
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
    let release = hold(&writer).await;
    let waiting: Vec<_> = (0..WAITING as i64)
        .map(|number| {
            let writer = Arc::clone(&writer);
            tokio::spawn(async move { insert(&writer, number).await })
        })
        .collect();
    self::waiting(&writer, WAITING).await;
    assert_eq!(insert(&writer, -1).await, Err(PortError::Overloaded));
    drop(release);
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
                .run(Mode::Grouped, work, move |()| done.send(number).unwrap())
                .await;
        }
    });
    grouped(&writer, insertions).await;
    writer.close();
    writer.close();
    assert_eq!(is_done.try_iter().count(), 50);
    assert_eq!(insert(&writer, 99).await, Err(closed()));
}

#[tokio::test]
async fn a_full_disk_is_an_error_until_there_is_room_again() {
    let writer = writer();
    let run = async |sql: &'static str| {
        let work = move |connection: &Connection| Ok(connection.execute_batch(sql)?);
        writer.run(Mode::Grouped, work, |()| ()).await
    };
    run("CREATE TABLE bodies (body BLOB)").await.unwrap();
    run("PRAGMA max_page_count = 100").await.unwrap();
    let large = "INSERT INTO bodies VALUES (zeroblob(1000000))";
    assert_eq!(run(large).await, Err(unavailable("the disk is full")));
    insert(&writer, 1).await.unwrap();
    run("PRAGMA max_page_count = 10000").await.unwrap();
    run(large).await.unwrap();
}

/// Whether or not the group came to it before it failed: a job may try it the quick way first.
#[tokio::test]
async fn a_job_behind_one_that_fails_has_a_second_run_too() {
    let writer = writer();
    insert(&writer, 1).await.unwrap();
    let tasks = [true, false].map(|is_hopeless| {
        let writer = Arc::clone(&writer);
        let mut runs = 0;
        let work = move |connection: &Connection| {
            runs += 1;
            if is_hopeless || runs == 1 {
                return Err(corrupt("on purpose").into());
            }
            connection.execute("INSERT INTO numbers (number) VALUES (2)", [])?;
            Ok(())
        };
        async move { writer.run(Mode::Grouped, work, |()| ()).await }
    });
    let results = grouped(&writer, tasks).await;
    assert_eq!(results, [Err(corrupt("on purpose")), Ok(())]);
    assert_eq!(count(&writer).await, 2);
}
