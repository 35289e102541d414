//! Settings that cannot be read stop the start: left out, they would silently be the default.

use std::{ffi::OsStr, os::unix::ffi::OsStrExt, process::Stdio};

use crate::{lists, rig::command};

/// Every setting there is, as the example file for people has them.
pub(crate) fn settings() -> Vec<&'static str> {
    let example = include_str!("../../../../.env.example");
    let names = example.lines().filter_map(|line| {
        let (name, _) = line.trim_start_matches("# ").split_once('=')?;
        let is_name = name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
        (is_name && !name.is_empty()).then_some(name)
    });
    let mut names: Vec<&str> = names.collect();
    names.sort_unstable();
    names.dedup();
    assert!(names.len() > 20, "{names:?}");
    names
}

/// A command that needs nothing but its settings.
fn check(folder: &std::path::Path) -> tokio::process::Command {
    let list = folder.join("list.csv");
    std::fs::write(&list, lists::people(1, 0)).expect("written");
    let mut command = command();
    command
        .args(["import", "--dry-run", "--region", "US"])
        .arg(list)
        .env("HOME", folder)
        .env("XDG_CONFIG_HOME", folder.join("config"))
        .stderr(Stdio::piped());
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_is_no_text_is_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let good = check(folder.path()).output().await.expect("it runs");
    assert!(good.status.success());
    let mut names = settings();
    names.push("AUTOLYNX_CONFIG");
    for name in names {
        let output = check(folder.path())
            .env(name, OsStr::from_bytes(b"hidden\xff/x"))
            .output()
            .await
            .expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{name}: {said}");
        assert!(
            said.contains(&format!("{name} (from the environment) is not UTF-8 text")),
            "{said}"
        );
        assert!(!said.contains("hidden"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settings_file_that_cannot_be_read_is_refused_by_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let standard = folder.path().join("config/autolynx");
    std::fs::create_dir_all(&standard).expect("made");
    let standard = standard.join("autolynx.toml");
    for (file, told) in [
        (
            &b"log_level = \"info\"\nvapi_api_key = \"hidden\xff\"\n"[..],
            "line 2: this is not UTF-8",
        ),
        (b"\n\nvapi_api_key = hidden\n", "line 3: this line cannot be read"),
        (b"vapi_api_key = \"hidden\n", "line 1: this line cannot be read"),
        (
            b"cost_tracking = true\nCOST_TRACKING = false\n",
            "COST_TRACKING stands there twice",
        ),
        (b"database_url = [\"hidden\"]\n", "DATABASE_URL must be a text"),
        (
            b"autolynx_config = \"hidden\"\n",
            "AUTOLYNX_CONFIG names a settings file",
        ),
    ] {
        std::fs::write(&standard, file).expect("written");
        let output = check(folder.path()).output().await.expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(
            said.contains(told) && said.contains("autolynx.toml"),
            "{told}: {said}"
        );
        assert!(!said.contains("hidden"), "{said}");
    }
    // A file that is there and cannot even be opened is not taken for one that is missing.
    std::fs::remove_file(&standard).expect("removed");
    std::fs::create_dir(&standard).expect("made");
    let output = check(folder.path()).output().await.expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("cannot read"), "{said}");
}
