//! The database as the real binary keeps it: for one process, for one account of the machine, and named without its
//! password.

use std::{fs, path::Path, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

use crate::{
    database::PostgresDatabase,
    rig::{Node, NodeSettings, PATIENCE, Sandbox, Tempo, assert_replay, run, run_with},
};

fn words(output: &std::process::Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Two processes on one file would each count their own calls only: *never over* would not hold.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_process_on_one_sqlite_file_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("node.db");
    let database = format!("sqlite:{}", path.display());
    let tempo = Tempo::new(60.0);
    let sandbox = Sandbox::start(tempo, 2, "none", 31).await;
    let node = Node::start(&NodeSettings::new(&database, &sandbox, tempo, 2)).await;
    let pid = fs::read_to_string(folder.path().join("node.db.lock")).expect("the lock names its holder");
    // Another way to the same file.
    let link = folder.path().join("link.db");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&path, &link).expect("a link");
    for path in [&path, &link] {
        let second = run(&["migrate", "--database", &format!("sqlite:{}", path.display())]).await;
        let said = words(&second);
        assert!(!second.status.success(), "{said}");
        assert!(
            said.contains(&format!("(process id {})", pid.trim())) && said.contains("stop it first"),
            "{said}"
        );
    }
    // What only reads may look at it.
    assert_replay(&database).await;
    node.kill().await;
    // The lock goes with the process, however it ends.
    let third = run(&["migrate", "--database", &database]).await;
    assert!(third.status.success(), "{}", words(&third));
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
        .permissions()
        .mode()
        & 0o7777
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn files_of_the_database_are_private_whatever_the_umask() {
    for umask in ["000", "022"] {
        let home = tempfile::tempdir().expect("a folder");
        let migrated = Command::new("/bin/sh")
            .args([
                "-c",
                &format!("umask {umask}; exec \"$0\" migrate"),
                env!("CARGO_BIN_EXE_autolynx"),
            ])
            .env_clear()
            .env("HOME", home.path())
            .output()
            .await
            .expect("the program runs");
        assert!(migrated.status.success(), "{}", words(&migrated));
        let folder = home.path().join(".local/share/autolynx");
        assert_eq!(mode(&folder), 0o700, "umask {umask}");
        for file in fs::read_dir(&folder).expect("a folder") {
            let path = file.expect("a file").path();
            assert_eq!(mode(&path), 0o600, "umask {umask}: {}", path.display());
        }
        assert!(!words(&migrated).contains("chmod"), "{}", words(&migrated));
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn files_that_others_can_read_are_told_of() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("node.db");
    let database = format!("sqlite:{}", path.display());
    let first = run(&["migrate", "--database", &database]).await;
    assert!(
        first.status.success() && !words(&first).contains("chmod"),
        "{}",
        words(&first)
    );
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("changed");
    let second = run(&["migrate", "--database", &database]).await;
    let said = words(&second);
    assert!(second.status.success(), "{said}");
    assert!(said.contains(&format!("chmod 600 {}", path.display())), "{said}");
}

/// Whatever is wrong with an address, it is said in words, and the password in it is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_address_is_explained_and_never_shown() {
    let cases = [
        (
            "'postgres://me:secret@host/name'",
            "it stands in quotes: remove them",
        ),
        (
            "user=me password=secret host=db",
            "the form `host=… user=… password=…` is not supported",
        ),
        (
            "postgres://me:sec#secret@host/name",
            "holds `#`, which must be percent-encoded: write %23",
        ),
        (
            "postgres://me:sec@secret@host/name",
            "holds `@`, which must be percent-encoded: write %40",
        ),
        (
            "mysql://me:secret@host/name",
            "it begins with neither `postgres://` nor `sqlite:`",
        ),
        (
            "postgres://me:secret@aws-0-eu-west-1.pooler.supabase.com:6543/postgres",
            "use the session pooler (on Supabase port 5432 instead of 6543",
        ),
    ];
    for (address, expected) in cases {
        let said = words(&run_with(&[("DATABASE_URL", address)], &["migrate"]).await);
        assert!(said.contains(expected), "{address}: {said}");
        assert!(!said.contains("secret"), "{said}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("autolynx.toml");
    fs::write(
        &file,
        "LOG_LEVEL = \"info\"\nDATABASE_URL = postgres://me:secret@host/name\n",
    )
    .expect("written");
    let said = words(&run(&["migrate", "--config", &file.display().to_string()]).await);
    assert!(
        said.contains("line 2: this line cannot be read") && !said.contains("secret"),
        "{said}"
    );
}

/// A node that finds no free connection says so at once and goes on by itself.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_says_that_it_waits_for_a_connection_and_then_goes_on() {
    let database = PostgresDatabase::create("crowded").await;
    let role = format!("autolynx_crowded_{}", std::process::id());
    database
        .execute(&format!(
            "CREATE ROLE {role} LOGIN CONNECTION LIMIT 0; GRANT ALL ON SCHEMA public TO {role}"
        ))
        .await;
    let (scheme, rest) = database.url.split_once("://").expect("an address");
    let (_, place) = rest.split_once('@').expect("an address with a user");
    let mut child = Command::new(env!("CARGO_BIN_EXE_autolynx"))
        .arg("migrate")
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("DATABASE_URL", format!("{scheme}://{role}@{place}"))
        .kill_on_drop(true)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines();
    let waits = tokio::time::timeout(PATIENCE, async {
        while let Some(line) = lines.next_line().await.expect("readable") {
            if line.contains("waiting for the database") {
                return line;
            }
        }
        panic!("it ended without a word");
    });
    let line = waits.await.expect("it says that it waits");
    assert!(
        line.contains("no connection left") && line.contains("DATABASE_MAX_CONNECTIONS"),
        "{line}"
    );
    database
        .execute(&format!("ALTER ROLE {role} CONNECTION LIMIT -1"))
        .await;
    let ended = tokio::time::timeout(PATIENCE, child.wait())
        .await
        .expect("it ends");
    assert!(ended.expect("a status").success());
    database
        .execute(&format!("DROP OWNED BY {role} CASCADE; DROP ROLE {role}"))
        .await;
    database.drop_it().await;
}
