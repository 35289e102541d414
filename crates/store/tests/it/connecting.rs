//! Connecting to a Postgres that is not as it should be: each cause is told with its fix, and nothing of the password.

use std::time::Duration;

use store::{Cause, Kind, OpenError, Options, Store};
use tokio::net::TcpListener;

use crate::{
    fixture::{self, Fixture, options},
    pooler::TransactionPooler,
    server,
};

/// The address of the fixture's database with another user and host. `None`: as it is.
fn address(fixture: &Fixture, user: Option<&str>, host: Option<&str>, database: Option<&str>) -> String {
    let rest = fixture.address.split_once("://").unwrap().1;
    let (own_user, rest) = rest.split_once('@').unwrap();
    let (own_host, own_database) = rest.split_once('/').unwrap();
    format!(
        "postgres://{}@{}/{}",
        user.unwrap_or(own_user),
        host.unwrap_or(own_host),
        database.unwrap_or(own_database)
    )
}

fn host_of(fixture: &Fixture) -> String {
    let rest = fixture.address.split_once('@').unwrap().1;
    rest.split_once('/').unwrap().0.to_owned()
}

/// A port on which nobody listens.
async fn closed_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

async fn refused(address: &str, cause: Cause) -> String {
    let error = Store::open(address, options()).await.unwrap_err();
    let OpenError::Connect { cause: found, .. } = &error else {
        panic!("{error:?}");
    };
    assert_eq!(*found, Some(cause), "{error}");
    let says = error.to_string();
    assert!(
        says.contains(cause.advice()) && !says.contains("secret"),
        "{says}"
    );
    says
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_refuses_is_reported_with_cause_and_fix() {
    fixture::run(Kind::Postgres, async |fixture| {
        let nobody = address(fixture, Some("nobody:secret"), None, None);
        refused(&nobody, Cause::Authentication).await;
        let nowhere = address(fixture, Some("postgres:secret"), None, Some("no_such_name"));
        refused(&nowhere, Cause::NoDatabase).await;
        refused(&format!("{}?sslmode=require", fixture.address), Cause::TlsRefused).await;
        let closed = format!("127.0.0.1:{}", closed_port().await);
        let says = refused(
            &address(fixture, Some("me:secret"), Some(&closed), None),
            Cause::Refused,
        )
        .await;
        assert!(says.contains(&closed), "{says}");
        let unknown = address(fixture, Some("me:secret"), Some("no-such-host.invalid"), None);
        refused(&unknown, Cause::HostNotFound).await;
    })
    .await;
}

/// Half of it would work: calls would be placed, and the news of other nodes would be lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pooler_in_transaction_mode_is_refused() {
    fixture::run(Kind::Postgres, async |fixture| {
        // With statements that have names, and with such as a pooler can move between sessions.
        for query in ["", "?statement-cache-capacity=0"] {
            let pooler = TransactionPooler::start(host_of(fixture)).await;
            let host = format!("127.0.0.1:{}", pooler.port);
            let says = refused(
                &format!("{}{query}", address(fixture, None, Some(&host), None)),
                Cause::TransactionPooler,
            )
            .await;
            assert!(
                says.contains("session pooler") && says.contains("5432 instead of 6543"),
                "{says}"
            );
        }
        let supabase = address(
            fixture,
            Some("me:secret"),
            Some("aws-0-eu-west-1.pooler.supabase.com:6543"),
            None,
        );
        refused(&supabase, Cause::TransactionPooler).await;
    })
    .await;
}

/// A server without a free connection is waited for, and one that never answers is given up.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_a_free_connection_is_waited_for() {
    fixture::run(Kind::Postgres, async |fixture| {
        let role = format!("crowded_{}", std::process::id());
        fixture
            .execute(&format!("CREATE ROLE {role} SUPERUSER LOGIN CONNECTION LIMIT 0"))
            .await
            .unwrap();
        // Limits do not bind superusers.
        fixture
            .execute(&format!("ALTER ROLE {role} NOSUPERUSER"))
            .await
            .unwrap();
        let crowded = address(fixture, Some(&role), None, None);
        refused(&crowded, Cause::TooManyConnections).await;
        let brief = Options {
            patience: Duration::from_millis(10),
            ..options()
        };
        let given_up = Store::open(&crowded, brief).await.unwrap_err();
        assert!(given_up.to_string().contains("no connection left"), "{given_up}");
        let patient = Options {
            patience: Duration::from_secs(60),
            ..options()
        };
        let unlimited = format!("ALTER ROLE {role} CONNECTION LIMIT -1");
        let (opened, altered) = tokio::join!(Store::open(&crowded, patient), fixture.execute(&unlimited));
        altered.unwrap();
        let store = opened.unwrap();
        store.ping().await.unwrap();
        store.close().await;
        fixture.execute(&format!("DROP ROLE {role}")).await.unwrap();
    })
    .await;
}

/// Somebody who may not make tables is told what to grant.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_who_may_not_make_tables_is_told_what_to_grant() {
    fixture::run(Kind::Postgres, async |fixture| {
        let role = format!("reader_{}", std::process::id());
        fixture
            .execute(&format!("CREATE ROLE {role} LOGIN"))
            .await
            .unwrap();
        let (name, empty) = server::create_empty().await;
        let (_, rest) = empty.split_once('@').unwrap();
        let store = Store::open(&format!("postgres://{role}@{rest}"), options())
            .await
            .unwrap();
        let error = store.migrate().await.unwrap_err().to_string();
        assert!(
            error.contains("lacks a permission") && error.contains("GRANT CREATE"),
            "{error}"
        );
        store.close().await;
        server::drop_database(&name).await;
        fixture.execute(&format!("DROP ROLE {role}")).await.unwrap();
    })
    .await;
}

/// A server that takes the connection and says nothing does not hang us.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_never_answers_is_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("postgres://me:secret@{}/name", silent.local_addr().unwrap());
    let brief = Options {
        patience: Duration::from_millis(50),
        ..options()
    };
    let error = Store::open(&address, brief).await.unwrap_err();
    assert!(
        matches!(
            &error,
            OpenError::Connect {
                cause: Some(Cause::NoAnswer),
                ..
            }
        ),
        "{error:?}"
    );
    assert!(!error.to_string().contains("secret"), "{error}");
}

/// A stop must not wait for what a dead server still owes.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_does_not_wait_for_a_connection_that_hangs() {
    fixture::run(Kind::Postgres, async |fixture| {
        let node = fixture.another_node().await;
        let held = fixture.postgres().begin().await.unwrap();
        let mut held = held;
        sqlx::query("SELECT id FROM accounts FOR UPDATE")
            .fetch_all(&mut *held)
            .await
            .unwrap();
        let waiting = tokio::spawn({
            let node = node.clone();
            async move { node.set_line_cap(3).await }
        });
        // It waits for the lock once the server says so.
        let blocked = "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
        while fixture.number(blocked).await == 0 {
            tokio::task::yield_now().await;
        }
        node.close().await;
        assert!(!waiting.is_finished(), "closed although a statement still hangs");
        held.rollback().await.unwrap();
        let _ = waiting.await.unwrap();
    })
    .await;
}
