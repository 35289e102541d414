//! No error, log line or debug output shows a secret, wherever somebody put it.

use std::{path::Path, process::Stdio};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};

use crate::{
    environment::settings,
    rig::{Node, NodeSettings, PATIENCE, Sandbox, Tempo, command},
};

/// What must never be seen. Everybody's keys look like this.
const PLANTED: &str = "pLanted8f14e45fceea467fa0e6b1cf";

/// How people get a value wrong, with the secret in it.
fn forms() -> Vec<String> {
    let p = PLANTED;
    vec![
        p.to_owned(),
        format!("'{p}"),
        format!("{p}\n{p}"),
        format!("{p}é"),
        format!("{{\"{p}\": \"{p}\"}}"),
        format!("info,{p}"),
        format!("127.0.0.1:{p}"),
        format!("postgres://user:{p}@127.0.0.1:1/name"),
        format!("postgres://user@127.0.0.1:1/name?password={p}"),
        format!("postgres://user@127.0.0.1:1/name?passwrd={p}&sslmode=disable"),
        format!("postgres://user@127.0.0.1:1/name?sslmode={p}"),
        format!("postgres://user:{p}@127.0.0.1:99999/name"),
        format!("postgres://user:{p}#@127.0.0.1:1/name"),
        format!("host=127.0.0.1 port=1 user=user password={p}"),
        format!("mysql://user:{p}@127.0.0.1:1/name"),
        format!("http://user:{p}@127.0.0.1:1"),
        format!("https://calls.example.com/?token={p}"),
        format!("ftp://{p}@calls.example.com"),
    ]
}

/// The program with settings of its own that work, and quick ends where it asks somebody.
fn program(folder: &Path, words: &[&str]) -> tokio::process::Command {
    let mut command = command();
    command
        .args(words)
        .env("HOME", folder)
        .env("XDG_CONFIG_HOME", folder)
        .env(
            "DATABASE_URL",
            format!("sqlite:{}", folder.join("data.db").display()),
        )
        .env("LISTEN_ADDRESS", "127.0.0.1:0")
        .env("VAPI_API_KEY", "a key")
        .env("VAPI_BASE_URL", "http://127.0.0.1:1")
        .env("WEBHOOK_SHARED_SECRET", "sixteen letters.")
        .env("LOG_LEVEL", "debug")
        .stderr(Stdio::piped());
    command
}

/// What a node says that goes on waiting for its database.
const WAITS: &str = "waiting for the database";

/// Everything that the program says until it ends. A node that could start is told to stop.
async fn said(mut command: tokio::process::Command) -> String {
    let mut child = command.spawn().expect("it starts");
    let id = child.id().expect("it runs").to_string();
    let stop = {
        let stop = format!("kill -TERM {id}");
        move || {
            let mut kill = tokio::process::Command::new("/bin/sh");
            kill.args(["-c", &stop]);
            async move { kill.status().await.expect("a shell") }
        }
    };
    let mut errors = BufReader::new(child.stderr.take().expect("piped"));
    let stop_waiting = stop.clone();
    let errors = tokio::spawn(async move {
        let mut said = Vec::new();
        loop {
            let from = said.len();
            if errors.read_until(b'\n', &mut said).await? == 0 {
                return std::io::Result::Ok(said);
            }
            // A database that may come yet is waited for; nothing more is said then.
            if String::from_utf8_lossy(&said[from..]).contains(WAITS) {
                stop_waiting().await;
            }
        }
    });
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut all = String::new();
    let ended = async {
        while let Some(line) = lines.next_line().await.expect("readable") {
            all += &line;
            all.push('\n');
            if line.starts_with("http://") {
                assert!(stop().await.success());
            }
        }
        errors.await.expect("read").expect("readable")
    };
    let errors = tokio::time::timeout(PATIENCE, ended)
        .await
        .expect("it ends in time");
    let _ = child.wait().await;
    all + &String::from_utf8_lossy(&errors)
}

fn assert_hidden(said: &str, where_from: &str) {
    assert!(!said.contains(PLANTED), "{where_from}: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_setting_from_the_environment_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut refused = 0;
    for name in settings() {
        for form in forms() {
            let mut command = program(folder.path(), &["serve"]);
            command.env(name, &form);
            let said = said(command).await;
            refused += usize::from(said.contains("autolynx: "));
            assert_hidden(&said, &format!("{name}={form}"));
        }
    }
    assert!(refused > 100, "most of them are no values: {refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_setting_from_a_file_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("settings.toml");
    for name in settings() {
        let p = PLANTED;
        let broken = [
            format!("{name} = {p}"),
            format!("{name} = \"{p}"),
            format!("{name} = [\"{p}\"]"),
            format!("{name} = {{ a = \"{p}\" }}"),
            format!("{name}: {p}"),
            format!("{name}_ = \"{p}\""),
            format!("{p} = \"{name}\""),
            format!("[{p}]"),
            format!("{name} = \"\"\"{p}"),
            format!("{name} = \"\\{p}\""),
            format!("{name} = \"a\"\n{name} = \"{p}\""),
        ];
        let written = forms().into_iter().map(|form| {
            let form = form.replace('\n', " ").replace('\'', "´");
            format!("{name} = '{form}'")
        });
        for text in written.chain(broken) {
            std::fs::write(&file, &text).expect("written");
            let mut command = program(folder.path(), &["serve", "--config"]);
            // What the environment says comes before the file.
            command.arg(&file).env_remove(name);
            if name == "DATABASE_URL" {
                command.env("XDG_DATA_HOME", folder.path());
            }
            assert_hidden(&said(command).await, &text);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_flag_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let flags = [
        "--database",
        "--listen",
        "--log-level",
        "--public-url",
        "--config",
        "--databse",
    ];
    for flag in flags {
        for form in forms() {
            for words in [
                vec![flag.to_owned(), form.clone()],
                vec![format!("{flag}={form}")],
            ] {
                // The name of a file is no secret.
                if flag == "--config" && !form.contains("://") {
                    continue;
                }
                let mut command = program(folder.path(), &["serve"]);
                command.args(&words);
                assert_hidden(&said(command).await, &format!("{words:?}"));
            }
        }
    }
    for form in forms() {
        for words in [
            vec![form.as_str()],
            vec!["serve", &form],
            vec!["campaign", "--server", &form, "list"],
            vec!["campaign", "list", &form],
            vec!["migrate", "--database", &form],
            vec!["replay", "--check", "--database", &form],
        ] {
            assert_hidden(&said(program(folder.path(), &words)).await, &format!("{words:?}"));
        }
        let mut asking = program(folder.path(), &["campaign", "list"]);
        asking.env("AUTOLYNX_SERVER", &form);
        assert_hidden(&said(asking).await, &form);
        let mut help = program(folder.path(), &["campaign", "--help"]);
        help.env("AUTOLYNX_SERVER", &form);
        assert_hidden(&said(help).await, &form);
    }
}

/// All secrets at once in a node that works: it dials, is told of a call, refuses one who cannot prove that he may, and logs
/// as much as it can.
#[tokio::test(flavor = "multi_thread")]
async fn a_node_at_work_shows_no_secret() {
    let folder = tempfile::tempdir().expect("a folder");
    let database = format!("sqlite:{}", folder.path().join("secrets.db").display());
    let tempo = Tempo::new(60.0);
    let sandbox = Sandbox::start(tempo, 2, "none", 71).await;
    let settings = NodeSettings::new(&database, &sandbox, tempo, 2);
    let mut starting = command();
    starting
        .stderr(Stdio::piped())
        .env("LOG_LEVEL", "trace,sqlx=trace,hyper=trace");
    let mut node = Node::start_as(starting, &settings).await;
    let mut errors = node.errors();
    let log = tokio::spawn(async move {
        let mut log = Vec::new();
        errors.read_to_end(&mut log).await.map(|_| log)
    });
    let id = node.start_campaign("Secret", crate::lists::people(3, 0), 2).await;
    let refused = node
        .api(http::Method::POST, "webhooks/vapi")
        .header("X-Vapi-Secret", PLANTED);
    assert_eq!(refused.send().await.expect("an answer").status(), 401);
    node.completed(&id).await;
    node.signal("TERM").await;
    assert_eq!(node.ended().await.code(), Some(0));
    let log = log.await.expect("read").expect("readable");
    let log = String::from_utf8_lossy(&log);
    assert!(log.len() > 10_000, "it logs much");
    for secret in [
        crate::rig::API_KEY,
        crate::rig::WEBHOOK_SECRET,
        crate::rig::CRON_SECRET,
        PLANTED,
    ] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}
