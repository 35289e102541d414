//! Connecting to a Postgres: waiting for it within bounds, and making sure that a connection is a session of its own.

use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use sqlx::{
    Connection, PgPool,
    postgres::{PgConnectOptions, PgConnection, PgListener, PgPoolOptions},
};

use super::{OpenError, Options};
use crate::{address::shown, cause::Cause, storage::Marks};

/// The oldest server that we support, as Postgres counts versions.
const OLDEST_VERSION: i32 = 150_000;
/// One attempt to connect takes no longer.
const ATTEMPT: Duration = Duration::from_secs(10);
/// Between two attempts.
const PAUSE: Duration = Duration::from_secs(1);
/// Nobody looks at a silent terminal for longer; and how often the waiting is told of later.
const FIRST_WORD: Duration = Duration::from_secs(2);
const FURTHER_WORDS: Duration = Duration::from_secs(5);
/// What a server answers at once, it answers within this time.
const SESSION_PATIENCE: Duration = Duration::from_secs(5);
/// A connection that lay idle for longer is tested before use.
const TESTED_WHEN_IDLE_FOR: Duration = Duration::from_secs(1);

/// Lets the server notice within a minute that this node is gone, and give up its locks; and let go of a transaction of a
/// node that hangs. A pooler may not know these settings, and works all the same.
const SESSION_SETTINGS: &str = "SELECT set_config('tcp_keepalives_idle', '30', false), \
     set_config('tcp_keepalives_interval', '10', false), set_config('tcp_keepalives_count', '3', false), \
     set_config('tcp_user_timeout', '60000', false), \
     set_config('idle_in_transaction_session_timeout', '300000', false)";

/// Connects, and waits for a server that may come within `options.patience`.
pub(super) async fn open(
    connect: PgConnectOptions,
    options: Options,
    marks: Arc<Marks>,
) -> Result<PgPool, OpenError> {
    let address = shown(&connect);
    if is_supabase_transaction_pooler(connect.get_host(), connect.get_port()) {
        return Err(OpenError::caused_by(&address, Cause::TransactionPooler));
    }
    let connect = connect
        .application_name("autolynx")
        // Poolers refuse it as unknown, and every server that we support sends floats exactly without it.
        .extra_float_digits(None);
    let connect = if options.durable {
        connect
    } else {
        connect.options([("synchronous_commit", "off")])
    };
    let attempt = || {
        let (connect, address) = (connect.clone(), address.clone());
        async move {
            tokio::time::timeout(ATTEMPT, first_connection(&connect, &address))
                .await
                .unwrap_or_else(|_| Err(OpenError::caused_by(&address, Cause::NoAnswer)))
        }
    };
    patiently(options.patience, &address, attempt).await?;
    let pool = pool(options, marks)
        .connect_with(connect)
        .await
        .map_err(|error| OpenError::connect(&address, &error))?;
    if let Err(error) = require_sessions(&pool, &address).await {
        // Whatever hangs is left to the operating system: the process ends.
        let _ = tokio::time::timeout(PAUSE, pool.close()).await;
        return Err(error);
    }
    Ok(pool)
}

/// Supabase offers transaction mode on this port and nothing else.
fn is_supabase_transaction_pooler(host: &str, port: u16) -> bool {
    port == 6543
        && [".supabase.com", ".supabase.co"]
            .iter()
            .any(|end| host.ends_with(end))
}

/// Tries until it succeeds, fails for good, or `patience` is over, and says meanwhile what is waited for.
async fn patiently<T, F>(patience: Duration, address: &str, attempt: impl Fn() -> F) -> Result<T, OpenError>
where
    F: Future<Output = Result<T, OpenError>>,
{
    if patience.is_zero() {
        return attempt().await;
    }
    let last = Mutex::new(None);
    let told = |error: &OpenError| tracing::warn!(%error, "waiting for the database");
    let attempts = async {
        loop {
            match attempt().await {
                Err(error) if error.may_pass() => {
                    let first = last
                        .lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .replace(error)
                        .is_none();
                    if first && let Some(error) = &*last.lock().unwrap_or_else(PoisonError::into_inner) {
                        told(error);
                    }
                    tokio::time::sleep(PAUSE).await;
                }
                done => return done,
            }
        }
    };
    let words = async {
        tokio::time::sleep(FIRST_WORD).await;
        loop {
            match &*last.lock().unwrap_or_else(PoisonError::into_inner) {
                Some(error) => told(error),
                None => tracing::warn!(address, "waiting for the database: it does not answer yet"),
            }
            tokio::time::sleep(FURTHER_WORDS).await;
        }
    };
    let given_up = tokio::select! {
        done = attempts => return done,
        () = tokio::time::sleep(patience) => last.lock().unwrap_or_else(PoisonError::into_inner).take(),
        () = words => None,
    };
    Err(given_up.unwrap_or_else(|| OpenError::caused_by(address, Cause::NoAnswer)))
}

/// Connects past the pool, which would try again and again, and in the end only say that it took too long.
async fn first_connection(connect: &PgConnectOptions, address: &str) -> Result<(), OpenError> {
    let failed = |error: sqlx::Error| OpenError::connect(address, &error);
    let mut connection = PgConnection::connect_with(connect).await.map_err(failed)?;
    let version: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::int")
        .fetch_one(&mut connection)
        .await
        .map_err(failed)?;
    connection.close().await.map_err(failed)?;
    if version < OLDEST_VERSION {
        return Err(OpenError::caused_by(address, Cause::OldServer));
    }
    Ok(())
}

fn pool(options: Options, marks: Arc<Marks>) -> PgPoolOptions {
    PgPoolOptions::new()
        .max_connections(options.connections.max(1))
        .acquire_timeout(Duration::from_secs(10))
        .after_connect(|connection, _| {
            Box::pin(async move {
                let set = sqlx::query(SESSION_SETTINGS).execute(connection);
                match set.await {
                    Err(error @ sqlx::Error::Database(_)) => {
                        tracing::debug!(%error, "the server does not take the settings of a session");
                        Ok(())
                    }
                    set => set.map(|_| ()),
                }
            })
        })
        // One more round trip per acquire otherwise. Only a connection that lay idle may have died unnoticed: in a
        // restart of the server, or forgotten by a middlebox.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                if meta.idle_for > TESTED_WHEN_IDLE_FOR {
                    let alive = tokio::time::timeout(SESSION_PATIENCE, connection.ping());
                    alive.await.map_err(|_| no_answer())??;
                }
                Ok(true)
            })
        })
        // Testing a connection that does not answer would keep its place in the pool taken.
        .after_release(move |_, _| {
            let suspect = marks.is_suspect();
            Box::pin(async move { if suspect { Err(no_answer()) } else { Ok(true) } })
        })
}

fn no_answer() -> sqlx::Error {
    sqlx::Error::Io(io::ErrorKind::TimedOut.into())
}

/// Makes sure that a connection keeps its session between two transactions, and that it hears wake-ups. A pooler in
/// transaction mode does neither, and nothing tells of it but this.
async fn require_sessions(pool: &PgPool, address: &str) -> Result<(), OpenError> {
    let tested = tokio::time::timeout(SESSION_PATIENCE, has_sessions(pool)).await;
    match tested {
        Ok(Ok(true)) => Ok(()),
        Ok(Ok(false)) | Err(_) => Err(OpenError::caused_by(address, Cause::TransactionPooler)),
        Ok(Err(error)) => Err(OpenError::connect(address, &error)),
    }
}

async fn has_sessions(pool: &PgPool) -> Result<bool, sqlx::Error> {
    const SESSION: &str = "SELECT pg_backend_pid()";
    let mut listener = listener(pool).await?;
    let before: i32 = sqlx::query_scalar(SESSION).fetch_one(&mut listener).await?;
    let channel = format!("autolynx_session_{before}");
    listener.listen(&channel).await?;
    // Takes the session that a pooler would have given to the listener again.
    let mut other = pool.begin().await?;
    let taken: i32 = sqlx::query_scalar(SESSION).fetch_one(&mut *other).await?;
    let after: i32 = sqlx::query_scalar(SESSION).fetch_one(&mut listener).await?;
    sqlx::query("SELECT pg_notify($1, '')")
        .bind(&channel)
        .execute(&mut *other)
        .await?;
    other.commit().await?;
    if before != after || taken == before {
        return Ok(false);
    }
    let heard = listener.recv().await?;
    Ok(heard.channel() == channel)
}

/// Listens on a connection beside those of the pool, held as long as the listener lives: none of those that work waits for.
pub(crate) async fn listener(pool: &PgPool) -> Result<PgListener, sqlx::Error> {
    let own = PgPoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(pool.connect_options().as_ref().clone());
    PgListener::connect_with(&own).await
}

/// Why the pool gave no connection in time: it cannot make one, and this attempt tells the cause; or all are in use.
pub(super) async fn why_no_connection(pool: &PgPool, marks: &Marks) -> sqlx::Error {
    let Some(_asking) = marks.ask() else {
        return sqlx::Error::PoolTimedOut;
    };
    let connect = pool.connect_options();
    match tokio::time::timeout(SESSION_PATIENCE, PgConnection::connect_with(&connect)).await {
        Ok(Ok(connection)) => {
            let _ = connection.close().await;
            sqlx::Error::PoolTimedOut
        }
        Ok(Err(error)) => error,
        Err(_) => no_answer(),
    }
}
